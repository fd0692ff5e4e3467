package fetchtest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// A Browser is one profile of a browser: pages that share cookies and the
// CORS-preflight cache, on a [Network]. The zero Browser is ready to use; it has an
// empty network of its own. A Browser is safe for concurrent use and must not be
// copied or modified after first use.
type Browser struct {
	// Network has the hosts. Nil means a new one; see [Browser.Hosts].
	Network *Network

	// Jar holds the cookies. Nil means a new one that goes by Clock.
	Jar *Jar

	// Clock is the time by which cookies and cached preflights expire. Nil means
	// time.Now.
	Clock *Clock

	once   sync.Once // guards the setting of the fields below
	engine *fetch.Client
	jar    *Jar
	hosts  *Network
}

// NewBrowser returns a browser on a network with the given hosts, which may be nil.
// It panics if a key of hosts is no origin. When the test ends, the network is closed,
// and handlers that have not returned by then fail the test.
func NewBrowser(t testing.TB, hosts Hosts) *Browser {
	t.Helper()
	b := &Browser{Network: new(Network)}
	for origin, h := range hosts {
		b.Network.Handle(origin, h)
	}
	t.Cleanup(func() {
		t.Helper()
		if err := b.Network.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *Browser) init() {
	b.hosts = b.Network
	if b.hosts == nil {
		b.hosts = new(Network)
	}
	b.engine = &fetch.Client{Base: b.hosts}
	b.jar = b.Jar
	if b.jar == nil {
		b.jar = new(Jar)
		if b.Clock != nil {
			b.jar.Now = b.Clock.Now
		}
	}
	b.engine.Jar = b.jar
	if b.Clock != nil {
		b.engine.Preflights = preflightcache.New(&preflightcache.Options{Now: b.Clock.Now})
	}
}

// Hosts returns the network that the browser is on.
func (b *Browser) Hosts() *Network {
	b.once.Do(b.init)
	return b.hosts
}

// NewProfile returns a browser on the same network and clock that shares neither
// cookies nor cached preflights with b, like a private window.
func (b *Browser) NewProfile() *Browser {
	return &Browser{Network: b.Hosts(), Clock: b.Clock}
}

// SetCookie stores a cookie, given as a Set-Cookie header has it, as if the user
// had been at rawURL before.
func (b *Browser) SetCookie(rawURL, cookie string) error {
	b.once.Do(b.init)
	u, err := fetch.ParseURL(nil, rawURL)
	if err != nil {
		return fmt.Errorf("fetchtest: SetCookie: %w", err)
	}
	c, err := http.ParseSetCookie(cookie)
	if err != nil {
		return fmt.Errorf("fetchtest: SetCookie: %w", err)
	}
	if !acceptable(u, c, fetch.StrictOrLess) {
		return fmt.Errorf("fetchtest: SetCookie: browsers refuse %q from %s", cookie, rawURL)
	}
	b.jar.SetCookies(u, []*http.Cookie{c})
	return nil
}

// Open returns a page that shows rawURL, without asking any host for it: a front
// end that need not exist. Its origin is that of the URL, an opaque one for URLs
// such as "about:blank" or "data:,". It panics if rawURL is no absolute URL.
func (b *Browser) Open(rawURL string) *Page {
	u, err := fetch.ParseURL(nil, rawURL)
	if err != nil {
		panic("fetchtest: Browser.Open: " + err.Error())
	}
	return b.OpenAs(&fetch.Environment{Origin: fetch.OriginOf(u), URL: u})
}

// OpenAs is like Open for a page with any environment: one in a frame, with an
// embedder policy, or of an application's own scheme. e must not be modified
// afterwards.
func (b *Browser) OpenAs(e *fetch.Environment) *Page {
	b.once.Do(b.init)
	return &Page{Environment: e, browser: b}
}

// Navigate loads rawURL as if the user had typed it into the address bar, follows
// redirects, and returns the page.
//
// An error is a [*Failure], or a [*NoDocumentError] if what came is not shown as a
// page.
func (b *Browser) Navigate(ctx context.Context, rawURL string) (*Page, error) {
	b.once.Do(b.init)
	u, err := fetch.ParseURL(nil, rawURL)
	if err != nil {
		return nil, invalidURL(http.MethodGet, err)
	}
	return b.navigate(ctx, nil, http.MethodGet, u, nil)
}

// invalidURL is the failure of a fetch whose URL does not parse.
func invalidURL(method string, err error) *Failure {
	return &Failure{NetworkError: &fetch.NetworkError{Reason: fetch.ReasonInvalidRequest, Method: method, Err: err}}
}
