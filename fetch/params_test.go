package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// Scripts choose among the values that they may, and strings never turn into a
// privileged mode.
//
// Source: https://fetch.spec.whatwg.org/#requestmode,
// https://fetch.spec.whatwg.org/#requestcredentials,
// https://fetch.spec.whatwg.org/#requestredirect,
// https://fetch.spec.whatwg.org/#dom-request.
func TestParseEnums(t *testing.T) {
	t.Run("Mode", func(t *testing.T) {
		parse := anyEnum(fetch.ParseMode)
		testEnum(t, parse, map[string]fmt.Stringer{
			"": fetch.ModeCORS, "cors": fetch.ModeCORS, "no-cors": fetch.ModeNoCORS, "same-origin": fetch.ModeSameOrigin,
		}, "navigate", "websocket", "CORS", "nocors", "cors ", "invalid(5)")
	})
	t.Run("Credentials", func(t *testing.T) {
		parse := anyEnum(fetch.ParseCredentials)
		testEnum(t, parse, map[string]fmt.Stringer{
			"": fetch.CredentialsSameOrigin, "same-origin": fetch.CredentialsSameOrigin,
			"omit": fetch.CredentialsOmit, "include": fetch.CredentialsInclude,
		}, "Include", "true", "include\n", "invalid(3)")
	})
	t.Run("Redirect", func(t *testing.T) {
		parse := anyEnum(fetch.ParseRedirect)
		testEnum(t, parse, map[string]fmt.Stringer{
			"": fetch.RedirectFollow, "follow": fetch.RedirectFollow, "error": fetch.RedirectError, "manual": fetch.RedirectManual,
		}, "FOLLOW", "none", "invalid(3)")
	})
}

func anyEnum[T fmt.Stringer](parse func(string) (T, error)) func(string) (fmt.Stringer, error) {
	return func(s string) (fmt.Stringer, error) { return parse(s) }
}

func testEnum(t *testing.T, parse func(string) (fmt.Stringer, error), good map[string]fmt.Stringer, bad ...string) {
	t.Helper()
	for s, want := range good {
		got, err := parse(s)
		if err != nil || got != want {
			t.Errorf("parsing %q: %v, %v; want %v", s, got, err, want)
		}
		if s != "" && got.String() != s {
			t.Errorf("parsing %q and printing it: %q", s, got)
		}
	}
	for _, s := range bad {
		if got, err := parse(s); err == nil {
			t.Errorf("parsing %q: %v; want an error", s, got)
		}
	}
}

func TestEnumStrings(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"cors": fetch.ModeCORS, "no-cors": fetch.ModeNoCORS, "same-origin": fetch.ModeSameOrigin, "navigate": fetch.ModeNavigate,
		"websocket": fetch.ModeWebSocket, "invalid(5)": fetch.Mode(5), "invalid(255)": fetch.Mode(255), "invalid(3)": fetch.Credentials(3),
		"invalid(4)": fetch.Redirect(4),
	} {
		if got := v.String(); got != want {
			t.Errorf("%T is %q; want %q", v, got, want)
		}
	}
}

// Source: https://fetch.spec.whatwg.org/#concept-method-normalize,
// https://fetch.spec.whatwg.org/#forbidden-method.
func TestMethods(t *testing.T) {
	for in, want := range map[string]string{
		"get": "GET", "Get": "GET", "GET": "GET", "head": "HEAD", "post": "POST", "put": "PUT", "delete": "DELETE", "options": "OPTIONS",
		"patch": "patch", "Patch": "Patch", "PATCH": "PATCH", "trace": "trace", "connect": "connect", "": "", "get ": "get ",
		"po\u017ft": "po\u017ft", // long s folds to s in Unicode, not in ASCII
	} {
		if got := fetch.NormalizeMethod(in); got != want {
			t.Errorf("NormalizeMethod(%q) is %q; want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{
		"CONNECT": true, "connect": true, "TRACE": true, "Trace": true, "TRACK": true, "tRACK": true,
		"GET": false, "": false, "CONNECT ": false, "TRAC": false, "trac\u212a": false,
	} {
		if got := fetch.ForbiddenMethod(in); got != want {
			t.Errorf("ForbiddenMethod(%q) is %t", in, got)
		}
	}
}

// Methods are normalized on the way, and the empty one is GET.
func TestMethodsOnTheWire(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{"https://app.example/": answer{}})
	for in, want := range map[string]string{"": "GET", "get": "GET", "dElEtE": "DELETE", "patch": "patch", "PATCH": "PATCH", "made-up": "made-up"} {
		req := newRequest(t, "GET", "https://app.example/", nil)
		req.Method = in
		w.fetch(req, &fetch.Params{Environment: app})
		w.wantReceived(want + " https://app.example/")
	}
}

func TestContext(t *testing.T) {
	ctx := t.Context()
	if p := fetch.FromContext(ctx); p != nil {
		t.Errorf("FromContext finds %v in an empty context", p)
	}
	a, b := new(fetch.Params), new(fetch.Params)
	inner := fetch.NewContext(fetch.NewContext(ctx, a), b)
	if p := fetch.FromContext(inner); p != b {
		t.Error("FromContext does not find the innermost Params")
	}
	derived, cancel := context.WithCancel(inner)
	defer cancel()
	if p := fetch.FromContext(derived); p != b {
		t.Error("FromContext does not find the Params in a derived context")
	}
	if p := fetch.FromContext(fetch.NewContext(inner, nil)); p != nil {
		t.Errorf("FromContext finds %v where there is nil", p)
	}
}

// Accept is the author's, or depends on the destination.
//
// Source: https://fetch.spec.whatwg.org/#fetching (set the Accept header).
func TestAcceptByDestination(t *testing.T) {
	const document = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	w := newWeb(t, map[string]http.Handler{"https://api.example/": share()})
	w.client.Preflights = preflightcache.Disabled
	for destination, want := range map[fetch.Destination]string{
		"": "*/*", "document": document, "frame": document, "iframe": document,
		"image": "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
		"json":  "application/json,*/*;q=0.5",
		"style": "text/css,*/*;q=0.1",
		"text":  "text/plain,*/*;q=0.5",
		"font":  "*/*", "script": "*/*", "nonsense": "*/*",
	} {
		w.forget()
		w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app, Destination: destination, ForcePreflight: true})
		wantHeader(t, w.last().Header, "Accept", want)
		wantHeader(t, w.received()[0].Header, "Accept", "*/*")
		w.fetch(newRequest(t, "GET", "https://api.example/", nil, "Accept: text/x"), &fetch.Params{Environment: app, Destination: destination})
		wantHeader(t, w.last().Header, "Accept", "text/x")
	}
}

// OK is about the visible status.
//
// Source: https://fetch.spec.whatwg.org/#dom-response-ok.
func TestResponseOK(t *testing.T) {
	for status, want := range map[int]bool{0: false, 199: false, 200: true, 204: true, 299: true, 300: false, 404: false} {
		if got := (&fetch.Response{Status: status}).OK(); got != want {
			t.Errorf("OK with status %d is %t", status, got)
		}
	}
}
