package interop

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// echoing accepts pages of app.example, and sends back one message.
func echoing(t *testing.T, patterns ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: patterns})
		if err != nil {
			return // the client is told
		}
		defer conn.CloseNow()
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if err := conn.Write(r.Context(), kind, message); err != nil {
			t.Error(err)
		}
		conn.Close(websocket.StatusNormalClosure, "")
	})
}

// A dialed is a handshake as the server got it.
type dialed struct {
	conn   *websocket.Conn
	status int
	header http.Header
	err    error
}

// dial makes a connection to h through an engine with a cookie for it.
func dial(t *testing.T, h http.Handler, params *fetch.Params) dialed {
	t.Helper()
	header := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header <- r.Header
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	jar := new(fetchtest.Jar)
	jar.SetCookies(mustURL(t, server.URL), []*http.Cookie{{Name: "id", Value: "7"}})
	engine := &fetch.Client{Base: server.Client().Transport, Jar: jar}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	conn, resp, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: engine.Transport(params)},
		HTTPHeader: http.Header{"Origin": {"https://forged.example"}},
	})
	d := dialed{conn: conn, err: err, header: <-header}
	if resp != nil {
		d.status = resp.StatusCode
	}
	if conn != nil {
		t.Cleanup(func() { conn.CloseNow() })
	}
	return d
}

// The handshake is a fetch of mode websocket, whose result is the connection.
//
// Source: https://websockets.spec.whatwg.org/#concept-websocket-establish; the
// documentation of fetch.ModeWebSocket.
func TestWebSocket(t *testing.T) {
	// Same-site, for the cookie: a page on another port of the machine.
	local := &fetch.Environment{Origin: fetch.MustParseOrigin("http://127.0.0.1:1234")}
	d := dial(t, echoing(t, "127.0.0.1:1234"), &fetch.Params{Environment: local, Mode: fetch.ModeWebSocket})
	if d.err != nil {
		t.Fatal(d.err)
	}
	if err := d.conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	_, message, err := d.conn.Read(t.Context())
	if err != nil || string(message) != "hello" {
		t.Errorf("message %q, %v; want hello", message, err)
	}
	for name, want := range map[string]string{
		"Origin":         "http://127.0.0.1:1234", // and not the forged one
		"Cookie":         "id=7",
		"Sec-Fetch-Mode": "websocket",
		"Sec-Fetch-Site": "same-site",
	} {
		if got := d.header.Get(name); got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
}

// Accept compares Origin with Host, unless it is told what else to allow: that is
// all that keeps pages of other sites out.
//
// Source: the documentation of websocket.AcceptOptions.OriginPatterns.
func TestWebSocketOfAnotherSite(t *testing.T) {
	d := dial(t, echoing(t), &fetch.Params{Environment: page, Mode: fetch.ModeWebSocket})
	if d.err == nil || d.status != http.StatusForbidden {
		t.Errorf("status %d, %v; want 403", d.status, d.err)
	}
	if got := d.header.Get("Cookie"); got != "" {
		t.Errorf("a page of another site sends the cookies %q", got)
	}
}

// In any other mode, the headers of the handshake are forbidden ones: what arrives
// is a plain request.
//
// Source: https://fetch.spec.whatwg.org/#forbidden-request-header.
func TestWebSocketInModeCORS(t *testing.T) {
	d := dial(t, allowing("*", echoing(t, "app.example").ServeHTTP), &fetch.Params{Environment: page})
	if d.err == nil || d.status != http.StatusUpgradeRequired {
		t.Errorf("status %d, %v; want 426", d.status, d.err)
	}
	for _, name := range []string{"Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version"} {
		if got := d.header.Get(name); got != "" {
			t.Errorf("%s: %q was sent", name, got)
		}
	}
}
