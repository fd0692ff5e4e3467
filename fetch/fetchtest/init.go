package fetchtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/corsengine/corsengine/fetch"
)

// An Init is the second argument of fetch(). The zero Init is that of fetch(url).
// It may be used for several fetches unless its Body is an io.Reader.
//
// See https://fetch.spec.whatwg.org/#requestinit.
type Init struct {
	Method string // "" means GET
	Header http.Header

	// Body is nil, a string, a []byte, a [url.Values], or an [io.Reader]. As with
	// fetch(), a string has the Content-Type text/plain;charset=UTF-8, and
	// url.Values that of a form, unless Header has one. An io.Reader other than a
	// bytes.Buffer, bytes.Reader or strings.Reader is a stream: it cannot be sent
	// twice, and makes a preflight necessary. One that is an io.Closer is closed.
	//
	// See https://fetch.spec.whatwg.org/#concept-bodyinit-extract.
	Body any

	Mode        fetch.Mode
	Credentials fetch.Credentials
	Redirect    fetch.Redirect
}

// An XHR is a request of XMLHttpRequest: mode cors, and cookies for other origins
// only if it asks for them. The zero XHR is a GET.
//
// See https://xhr.spec.whatwg.org/#the-send()-method.
type XHR struct {
	Method string // "" means GET
	Header http.Header
	Body   any // as in [Init]; ignored for GET and HEAD

	// WithCredentials is the attribute of that name.
	WithCredentials bool

	// UploadListener says that the page listens to the progress of the upload,
	// which makes a preflight necessary.
	UploadListener bool
}

// A BodyError says that a body is of a type that cannot be sent.
type BodyError struct {
	Type string // such as "int"
}

// Error says which types can be sent.
func (e *BodyError) Error() string {
	return fmt.Sprintf("fetchtest: a body of type %s; it has to be a string, []byte, url.Values or io.Reader", e.Type)
}

// newRequest makes a request of what a page's script passes to fetch().
func newRequest(ctx context.Context, u *url.URL, method string, header http.Header, body any) (*http.Request, error) {
	reader, contentType, err := extract(body)
	if err != nil {
		return nil, err
	}
	var req *http.Request
	if reader == nil {
		var blank http.Request
		req = blank.WithContext(ctx)
	} else if req, err = http.NewRequestWithContext(ctx, http.MethodPost, "", reader); err != nil {
		return nil, err // a nil context; NewRequest knows how to send most readers once more
	}
	// The method is the engine's to judge and to normalize; NewRequest would refuse
	// some before the page does.
	req.Method, req.URL, req.Host = method, u, u.Host
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	if contentType != "" && !hasContentType(req.Header) {
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

// extract returns a reader for a body, and the Content-Type that it implies.
//
// See https://fetch.spec.whatwg.org/#concept-bodyinit-extract.
func extract(body any) (r io.Reader, contentType string, err error) {
	switch body := body.(type) {
	case nil:
		return nil, "", nil
	case string:
		return strings.NewReader(body), "text/plain;charset=UTF-8", nil
	case []byte:
		return bytes.NewReader(body), "", nil
	case url.Values:
		return strings.NewReader(body.Encode()), "application/x-www-form-urlencoded;charset=UTF-8", nil
	case io.Reader:
		return body, "", nil
	}
	return nil, "", &BodyError{fmt.Sprintf("%T", body)}
}

func hasContentType(h http.Header) bool {
	for name := range h {
		if strings.EqualFold(name, "Content-Type") {
			return true
		}
	}
	return false
}
