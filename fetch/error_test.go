package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// The text of an error is one line that tells the whole story. Code must not
// depend on it; people do.
func TestNetworkErrorText(t *testing.T) {
	tests := []struct {
		err  fetch.NetworkError
		want string
	}{
		{fetch.NetworkError{Reason: fetch.ReasonTransport}, "fetch: transport"},
		{fetch.NetworkError{Reason: fetch.ReasonTransport, Err: io.EOF}, "fetch: transport: EOF"},
		{fetch.NetworkError{Reason: fetch.ReasonInvalidRequest, Method: "GET"}, "fetch: GET: invalid-request"},
		{fetch.NetworkError{Reason: fetch.ReasonBadPort, Method: "GET", URL: "https://a.example:25/"},
			"fetch: GET https://a.example:25/: bad-port"},
		{fetch.NetworkError{Reason: fetch.ReasonMethodNotAllowed, Preflight: true, Method: "PUT", URL: "https://api.example/x", Origin: "https://app.example", Name: "PUT"},
			`fetch: PUT https://api.example/x from https://app.example: preflight: method-not-allowed "PUT"`},
		{fetch.NetworkError{Reason: fetch.ReasonRedirectCount, Method: "GET", URL: "https://a.example/", Origin: "null", Hop: 20},
			"fetch: GET https://a.example/ from null (redirect 20): redirect-count"},
		{fetch.NetworkError{Reason: fetch.ReasonInvalidRequest, Method: "GE T\r\n", URL: "https://a.example/", Name: "GE T\r\n"},
			`fetch: "GE T\r\n" https://a.example/: invalid-request "GE T\r\n"`},
		{fetch.NetworkError{Reason: fetch.ReasonCheckRequest, Err: errors.Join(errors.New("a"), errors.New("b\x1b\""))},
			`fetch: check-request: a\nb\x1b\"`},
		{fetch.NetworkError{}, "fetch: "},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("text is\n\t%s\nwant\n\t%s", got, tt.want)
		}
	}
}

// Long parts are cut, each on its own, so that none hides the others.
func TestNetworkErrorTextIsCut(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	e := &fetch.NetworkError{Reason: fetch.ReasonHeaderNotAllowed, Method: long, URL: "https://a.example/" + long, Name: long, Err: errors.New(long)}
	text := e.Error()
	if len(text) > 1000 {
		t.Errorf("the text has %d bytes", len(text))
	}
	if n := strings.Count(text, "…"); n != 4 {
		t.Errorf("%d parts are cut; want 4:\n%s", n, text)
	}
}

func TestNetworkErrorIs(t *testing.T) {
	e := &fetch.NetworkError{Reason: fetch.ReasonTransport, Err: io.EOF}
	var err error = &url.Error{Op: "Get", URL: "https://a.example/", Err: fmt.Errorf("again: %w", e)}
	for target, want := range map[error]bool{
		fetch.ReasonTransport: true, fetch.ReasonAborted: false, io.EOF: true, io.ErrUnexpectedEOF: false,
		errors.New("fetch: transport"): false, e: true,
	} {
		if got := errors.Is(err, target); got != want {
			t.Errorf("errors.Is(err, %v) is %t", target, got)
		}
	}
	if got, ok := errors.AsType[*fetch.NetworkError](err); !ok || got != e {
		t.Errorf("errors.AsType finds %v", got)
	}
	if _, ok := errors.AsType[net.Error](err); !ok {
		t.Error("a NetworkError is no net.Error")
	}
	if (&fetch.NetworkError{}).Unwrap() != nil {
		t.Error("Unwrap invents an error")
	}
}

// temporary is an error that says what it is told to.
type temporary struct{ timeout, temporary bool }

func (temporary) Error() string     { return "temporary" }
func (t temporary) Timeout() bool   { return t.timeout }
func (t temporary) Temporary() bool { return t.temporary }

func TestNetworkErrorTimeoutAndTemporary(t *testing.T) {
	both := temporary{true, true}
	tests := []struct {
		err                *fetch.NetworkError
		timeout, temporary bool
	}{
		{&fetch.NetworkError{Reason: fetch.ReasonTransport}, false, false},
		{&fetch.NetworkError{Reason: fetch.ReasonTransport, Err: io.EOF}, false, false},
		{&fetch.NetworkError{Reason: fetch.ReasonTransport, Err: both}, true, true},
		{&fetch.NetworkError{Reason: fetch.ReasonTransport, Err: fmt.Errorf("wrapped: %w", both)}, true, true},
		{&fetch.NetworkError{Reason: fetch.ReasonTransport, Err: temporary{}}, false, false},
		{&fetch.NetworkError{Reason: fetch.ReasonTransport, Err: os.ErrDeadlineExceeded}, true, true},
		{&fetch.NetworkError{Reason: fetch.ReasonAborted, Err: context.Canceled}, false, false},
		{&fetch.NetworkError{Reason: fetch.ReasonAborted, Err: context.DeadlineExceeded}, true, false},
		// A policy of the caller's may say what it likes: retrying is pointless.
		{&fetch.NetworkError{Reason: fetch.ReasonCheckRequest, Err: both}, true, false},
		{&fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin}, false, false},
	}
	for _, tt := range tests {
		if got := tt.err.Timeout(); got != tt.timeout {
			t.Errorf("%v: Timeout is %t", tt.err, got)
		}
		if got := tt.err.Temporary(); got != tt.temporary {
			t.Errorf("%v: Temporary is %t", tt.err, got)
		}
	}
}

// The DevTools Protocol has names for some reasons, most of them with a variant
// for preflights, and none for others.
//
// Source: https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError.
func TestCORSErrorNames(t *testing.T) {
	tests := []struct {
		err                fetch.NetworkError
		request, preflight string
	}{
		{fetch.NetworkError{Reason: fetch.ReasonMissingAllowOrigin}, "MissingAllowOriginHeader", "PreflightMissingAllowOriginHeader"},
		{fetch.NetworkError{Reason: fetch.ReasonMultipleAllowOrigin}, "MultipleAllowOriginValues", "PreflightMultipleAllowOriginValues"},
		{fetch.NetworkError{Reason: fetch.ReasonWildcardCredentials}, "WildcardOriginNotAllowed", "PreflightWildcardOriginNotAllowed"},
		{fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Value: "https://b.example"}, "AllowOriginMismatch", "PreflightAllowOriginMismatch"},
		{fetch.NetworkError{Reason: fetch.ReasonOriginMismatch, Value: "nonsense"}, "InvalidAllowOriginValue", "PreflightInvalidAllowOriginValue"},
		{fetch.NetworkError{Reason: fetch.ReasonCredentials}, "InvalidAllowCredentials", "PreflightInvalidAllowCredentials"},
		{fetch.NetworkError{Reason: fetch.ReasonSameOriginMode}, "DisallowedByMode", ""},
		{fetch.NetworkError{Reason: fetch.ReasonNotHTTP}, "CorsDisabledScheme", ""},
		{fetch.NetworkError{Reason: fetch.ReasonNoCORSRedirectMode}, "NoCorsRedirectModeNotFollow", ""},
		{fetch.NetworkError{Reason: fetch.ReasonRedirectCredentials}, "RedirectContainsCredentials", ""},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Status: 404}, "", "PreflightInvalidStatus"},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Status: 301}, "", "PreflightDisallowedRedirect"},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Status: 308}, "", "PreflightDisallowedRedirect"},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightStatus, Status: 300}, "", "PreflightInvalidStatus"},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightMalformed, Name: "Access-Control-Allow-Methods"}, "", "InvalidAllowMethodsPreflightResponse"},
		{fetch.NetworkError{Reason: fetch.ReasonPreflightMalformed, Name: "Access-Control-Allow-Headers"}, "", "InvalidAllowHeadersPreflightResponse"},
		{fetch.NetworkError{Reason: fetch.ReasonMethodNotAllowed}, "", "MethodDisallowedByPreflightResponse"},
		{fetch.NetworkError{Reason: fetch.ReasonHeaderNotAllowed}, "", "HeaderDisallowedByPreflightResponse"},
		{fetch.NetworkError{Reason: fetch.ReasonAuthorization}, "", "HeaderDisallowedByPreflightResponse"},
	}
	named := make(map[fetch.Reason]bool)
	for _, tt := range tests {
		e := tt.err
		named[e.Reason] = true
		if tt.request != "" {
			if got := e.CORSError(); got != tt.request {
				t.Errorf("%v: %q; want %q", &e, got, tt.request)
			}
		}
		if e.Preflight = true; tt.preflight != "" {
			if got := e.CORSError(); got != tt.preflight {
				t.Errorf("%v: %q; want %q", &e, got, tt.preflight)
			}
		}
	}
	for name, r := range declaredReasons(t) {
		if named[r] {
			continue
		}
		for _, preflight := range []bool{false, true} {
			if got := (&fetch.NetworkError{Reason: r, Preflight: preflight}).CORSError(); got != "" {
				t.Errorf("%s has the name %q; want none", name, got)
			}
		}
	}
}
