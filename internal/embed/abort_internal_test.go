package embed

import (
	"net/http"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// TestSignalsDoNotPile checks that a signal that a page uses for all of its fetches
// does not collect what is over.
//
// See https://dom.spec.whatwg.org/#abort-signal-garbage-collection.
func TestSignalsDoNotPile(t *testing.T) {
	u, err := fetch.ParseURL(nil, "https://app.example/")
	if err != nil {
		t.Fatal(err)
	}
	page := New(Options{
		Client:      &fetch.Client{Base: http.NewFileTransport(http.Dir(t.TempDir()))},
		Environment: &fetch.Environment{Origin: fetch.OriginOf(u), URL: u},
	})
	defer page.Close()
	if err := page.Run(t.Context(), "page.js", `
		var controller = new AbortController();
		for (const [url, method] of [["/", "GET"], ["/", "HEAD"], ["/missing", "GET"], ["https://other.example/", "GET"]]) {
			fetch(url, { method, signal: controller.signal }).then((r) => r.text()).catch(() => {});
		}`); err != nil {
		t.Fatal(err)
	}
	signal := page.vm.Get("controller").ToObject(page.vm).Get("signal")
	s, ok := page.classes.abortSignal.of(signal)
	if !ok {
		t.Fatal("the signal is none")
	}
	if n := len(s.dependents); n > 0 {
		t.Errorf("%d signals of fetches that are over depend on the page's", n)
	}
}
