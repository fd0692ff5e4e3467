package run

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"sync"

	"github.com/corsengine/corsengine/internal/differential/browser"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// A Browser runs scenarios in a browser. It keeps a tab for each kind of page.
type Browser struct {
	world   *world.World
	browser browser.Browser

	mu   sync.Mutex
	tabs map[scenario.Page]*tab
}

// A tab is a page that is there, or will be.
type tab struct {
	once sync.Once
	page browser.Page
	err  error
}

// NewBrowser returns a Runner. b remains the caller's to close.
func NewBrowser(w *world.World, b browser.Browser) *Browser {
	return &Browser{world: w, browser: b, tabs: make(map[scenario.Page]*tab)}
}

// Name implements [Runner].
func (b *Browser) Name() string { return b.browser.Name() }

//go:embed fetch.js
var script string

// call is the argument of the script.
type call struct {
	URL     string            `json:"url"`
	Init    map[string]any    `json:"init"`
	Headers []scenario.Field  `json:"headers"`
	Body    scenario.BodyKind `json:"body"`
	Text    string            `json:"text"`
}

// Run implements [Runner].
func (b *Browser) Run(ctx context.Context, s *scenario.Scenario) (o *Observation, err error) {
	r := b.world.Begin(s)
	defer r.End()
	page, err := b.open(ctx, s.Page)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.Name(), s.Name, err)
	}
	if err := b.setCookies(ctx, r, s); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.Name(), s.Name, err)
	}
	if s.HasCookies() {
		defer func() {
			if cerr := b.browser.DeleteCookies(ctx, r.Names.Run); cerr != nil && err == nil {
				o, err = nil, fmt.Errorf("%s: %s: %w", b.Name(), s.Name, cerr)
			}
		}()
	}
	o = new(Observation)
	for i := range s.Fetches {
		f := &s.Fetches[i]
		var seen Seen
		if err := page.Call(ctx, script, newCall(r.Names, f), &seen); err != nil {
			return nil, fmt.Errorf("%s: %s: fetch %d: %w", b.Name(), s.Name, i+1, err)
		}
		for name, value := range seen.Header {
			seen.Header[name] = encodeLatin1(value)
		}
		o.Exchanges = append(o.Exchanges, exchange(r, f, r.Received(), seen))
	}
	return o, nil
}

func (b *Browser) open(ctx context.Context, p scenario.Page) (browser.Page, error) {
	p.At = p.Place()
	b.mu.Lock()
	t := b.tabs[p]
	if t == nil {
		t = new(tab)
		b.tabs[p] = t
	}
	b.mu.Unlock()
	t.once.Do(func() { t.page, t.err = b.browser.Open(context.WithoutCancel(ctx), b.world.PageURL(p)) })
	return t.page, t.err
}

func (b *Browser) setCookies(ctx context.Context, r *world.Run, s *scenario.Scenario) error {
	var cookies []browser.Cookie
	for _, c := range s.Cookies {
		u, err := url.Parse(r.Names.Origins[c.At])
		if err != nil {
			return err
		}
		cookies = append(cookies, browser.Cookie{
			Name: c.Name, Value: c.Value, Domain: u.Hostname(), Path: r.Names.Run,
			Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: c.SameSite,
		})
	}
	if len(cookies) == 0 {
		return nil
	}
	return b.browser.SetCookies(ctx, cookies)
}

func newCall(names scenario.Names, f *scenario.Fetch) call {
	c := call{URL: names.Expand(f.URL), Init: make(map[string]any), Body: f.Body.Kind, Text: f.Body.Text}
	for name, value := range map[string]string{
		"method":         f.Method,
		"mode":           f.Mode,
		"credentials":    f.Credentials,
		"redirect":       f.Redirect,
		"referrer":       names.Expand(f.Referrer),
		"referrerPolicy": f.ReferrerPolicy,
		"cache":          f.Cache,
		"integrity":      f.Integrity,
	} {
		if value != "" {
			c.Init[name] = value
		}
	}
	if f.Referrer == "no-referrer" {
		c.Init["referrer"] = ""
	}
	if f.Keepalive {
		c.Init["keepalive"] = true
	}
	for _, h := range f.Header {
		c.Headers = append(c.Headers, scenario.Field{Name: h.Name, Value: decodeLatin1(h.Value)})
	}
	return c
}

// decodeLatin1 returns the string that a script has for the bytes of a header
// value.
func decodeLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// encodeLatin1 undoes decodeLatin1.
func encodeLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
