package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/corsengine/corsengine/internal/census"
	"github.com/corsengine/corsengine/internal/decode"
	"github.com/corsengine/corsengine/internal/sri"
)

// prepareBody makes the body of the final response the one that is handed out:
// none where there must not be one, and decoded.
//
// See https://fetch.spec.whatwg.org/#handle-content-codings.
func (f *state) prepareBody(resp *http.Response) *NetworkError {
	if f.hasNullBody(resp) {
		// Servers that send a body all the same must not get it through.
		resp.Body.Close()
		resp.Body = http.NoBody
		if f.method != http.MethodHead {
			resp.ContentLength = 0
		}
		return nil
	}
	if len(f.census.Lines(census.ContentEncoding)) == 0 {
		return nil
	}
	codings, ok := decode.Codings(resp.Header)
	codings = slices.DeleteFunc(codings, func(coding string) bool { return coding == "identity" })
	if !ok || len(codings) == 0 || resp.StatusCode == http.StatusSwitchingProtocols ||
		!decode.Supported(codings, f.client.Decoders) {
		return nil
	}
	body, err := decode.Reader(resp.Body, codings, f.client.Decoders)
	if err != nil {
		return f.failBecause(ReasonTransport, err)
	}
	resp.Body, f.decoded = body, true
	return nil
}

// hasNullBody reports whether the response's body is null whatever the server
// has sent. The 101 of a WebSocket handshake, the only 101 that gets this far, is
// left alone: its body is the connection. What else answers a handshake fails the
// connection, and its body is nobody's business.
//
// See https://fetch.spec.whatwg.org/#null-body-status.
func (f *state) hasNullBody(resp *http.Response) bool {
	switch resp.StatusCode {
	case 103, 204, 205, 304:
		return true
	}
	return f.method == http.MethodHead ||
		f.params.Mode == ModeWebSocket && resp.StatusCode != http.StatusSwitchingProtocols
}

// defaultMaxIntegrity is the default of [Client.MaxIntegrityBytes].
const defaultMaxIntegrity = 64 << 20

// checkIntegrity compares the body with the request's integrity metadata, and
// puts what it has read in its place.
//
// See https://fetch.spec.whatwg.org/#main-fetch.
func (f *state) checkIntegrity(resp *http.Response) *NetworkError {
	if f.params.Integrity == "" {
		return nil
	}
	missing := ""
	switch {
	case f.tainting == taintOpaque:
		missing = "the response is opaque; it can be checked in mode cors"
	case f.isOpaqueRedirect(resp):
		missing = "the response is an opaque redirect; it can be checked with redirect mode follow"
	case f.hasNullBody(resp), resp.StatusCode == http.StatusSwitchingProtocols:
		missing = "the response has no body"
	}
	if missing != "" {
		e := f.fail(ReasonIntegrity)
		e.Status, e.detail = resp.StatusCode, missing
		return e
	}
	metadata := sri.Parse(f.params.Integrity)
	if metadata.Empty() {
		return nil
	}
	limit := f.client.MaxIntegrityBytes
	if limit == 0 {
		limit = defaultMaxIntegrity
	}
	var body bytes.Buffer
	verifier := metadata.NewVerifier()
	n, err := io.Copy(io.MultiWriter(&body, verifier), io.LimitReader(resp.Body, limit))
	if err == nil && n >= limit {
		err = errIfMore(resp.Body)
	}
	switch {
	case errors.Is(err, errTooLong):
		e := f.fail(ReasonIntegrity)
		e.Status = resp.StatusCode
		e.detail = fmt.Sprintf("the body has more than %d bytes, which is the limit for those to be checked", limit)
		return e
	case err != nil && f.ctx.Err() != nil:
		return f.failBecause(ReasonAborted, abortCause(f.ctx))
	case err != nil:
		return f.failBecause(ReasonTransport, err)
	case !verifier.Match():
		e := f.fail(ReasonIntegrity)
		e.Status, e.Value = resp.StatusCode, verifier.Digest()
		e.detail = fmt.Sprintf("the body is %s; it has to be %s", verifier.Digest(), oneLine(metadata.String()))
		return e
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(&body)
	return nil
}

var errTooLong = errors.New("body too long")

// errIfMore returns nil if r is at its end.
func errIfMore(r io.Reader) error {
	var b [1]byte
	switch n, err := io.ReadFull(r, b[:]); {
	case n > 0:
		return errTooLong
	case err != io.EOF:
		return err
	}
	return nil
}
