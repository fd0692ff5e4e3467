package run

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/differential/scenario"
	"github.com/corsengine/corsengine/internal/differential/world"
)

// EngineName is the name of the runner that all others are compared with.
const EngineName = "engine"

// An Engine runs scenarios with package fetch, the way a browser's binding of
// fetch() would use it.
type Engine struct {
	world *world.World
	base  *http.Transport
}

// NewEngine returns a Runner that has to be closed.
func NewEngine(w *world.World) *Engine {
	return &Engine{world: w, base: &http.Transport{
		DialContext:         w.Dial,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		DisableCompression:  true,
		MaxIdleConnsPerHost: 16,
	}}
}

// Name implements [Runner].
func (e *Engine) Name() string { return EngineName }

// Close closes idle connections.
func (e *Engine) Close() { e.base.CloseIdleConnections() }

// Run implements [Runner].
func (e *Engine) Run(ctx context.Context, s *scenario.Scenario) (*Observation, error) {
	r := e.world.Begin(s)
	defer r.End()
	page, err := url.Parse(e.world.PageURL(s.Page))
	if err != nil {
		return nil, err
	}
	env := &fetch.Environment{
		Origin:         fetch.OriginOf(page),
		URL:            page,
		ReferrerPolicy: fetch.ReferrerPolicy(s.Page.ReferrerPolicy),
		EmbedderPolicy: embedderPolicy(s.Page.EmbedderPolicy),
	}
	if s.Page.Sandboxed {
		env.Origin = fetch.OpaqueOrigin()
	}
	jar := new(jar)
	for _, c := range s.Cookies {
		if err := jar.add(r.Names.Origins[c.At], r.Names.Run, c); err != nil {
			return nil, err
		}
	}
	client := &fetch.Client{Base: emptyCache{e.base}, Jar: jar}
	o := new(Observation)
	for i := range s.Fetches {
		f := &s.Fetches[i]
		seen, err := e.fetch(ctx, client, env, r.Names, f)
		if err != nil {
			return nil, fmt.Errorf("engine: %s: fetch %d: %w", s.Name, i+1, err)
		}
		o.Exchanges = append(o.Exchanges, exchange(r, f, r.Received(), seen))
	}
	return o, nil
}

// embedderPolicy returns the policy that a Cross-Origin-Embedder-Policy header
// asks for.
//
// See https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy.
func embedderPolicy(value string) string {
	switch value {
	case "require-corp", "credentialless":
		return value
	}
	return ""
}

// An emptyCache is an HTTP cache that never has anything, like those of the
// browsers here.
type emptyCache struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
//
// See https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.7.
func (c emptyCache) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Cache-Control") != "only-if-cached" {
		return c.base.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusGatewayTimeout, Header: make(http.Header), Body: http.NoBody, Request: req}, nil
}

// fetch does what the binding of fetch() does: it makes a Request, performs the
// fetch, and reads the Response.
func (e *Engine) fetch(ctx context.Context, client *fetch.Client, env *fetch.Environment, names scenario.Names, f *scenario.Fetch) (Seen, error) {
	req, params, err := newRequest(ctx, env, names, f)
	if err != nil {
		return Seen{Failed: "TypeError"}, nil
	}
	resp, err := client.Fetch(req, params)
	if err != nil {
		if ctx.Err() != nil {
			return Seen{}, err
		}
		return Seen{Failed: "TypeError"}, nil
	}
	defer resp.Body.Close()
	seen := Seen{
		Type:       string(resp.Type),
		Status:     resp.Status,
		StatusText: resp.StatusText,
		Redirected: resp.Redirected,
		Header:     make(map[string]string),
	}
	if resp.URL != nil {
		u := *resp.URL
		u.Fragment, u.RawFragment = "", "" // the URL attribute leaves it out
		seen.URL = u.String()
	}
	for name := range resp.Header {
		value, _ := header.Get(resp.Header, name)
		seen.Header[strings.ToLower(name)] = value
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		seen.BodyFailed = true
		return seen, nil
	}
	seen.Body = string(body)
	return seen, nil
}

// newRequest does what the Request constructor does beyond what Client.Fetch
// checks: members that are strings, the URL, and the body with its type.
func newRequest(ctx context.Context, env *fetch.Environment, names scenario.Names, f *scenario.Fetch) (*http.Request, *fetch.Params, error) {
	mode, err1 := fetch.ParseMode(f.Mode)
	credentials, err2 := fetch.ParseCredentials(f.Credentials)
	redirect, err3 := fetch.ParseRedirect(f.Redirect)
	cache, err4 := fetch.ParseCache(f.Cache)
	u, err5 := fetch.ParseURL(env.URL, names.Expand(f.URL))
	referrer, err6 := parseReferrer(env, names.Expand(f.Referrer))
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, nil, err
	}
	if f.ReferrerPolicy != "" && !slices.Contains(scenario.ReferrerPolicies, f.ReferrerPolicy) {
		return nil, nil, errors.New("unknown referrer policy")
	}
	method := f.Method
	if method == "" {
		method = http.MethodGet
	}
	req := &http.Request{
		Method: fetch.NormalizeMethod(method),
		URL:    u,
		Header: make(http.Header),
	}
	hasType := false
	for _, h := range f.Header {
		value := header.Normalize(h.Value)
		if !header.ValidName(h.Name) || !header.ValidValue(value) {
			return nil, nil, errors.New("invalid header")
		}
		req.Header.Add(h.Name, value)
		if strings.EqualFold(h.Name, "Content-Type") && (mode != fetch.ModeNoCORS || header.SafelistedNoCORS(h.Name, value)) {
			hasType = true // the guard lets it through
		}
	}
	if kind := f.Body.Kind; kind != scenario.NoBody {
		if req.Method == http.MethodGet || req.Method == http.MethodHead {
			return nil, nil, errors.New("a body with GET or HEAD") // which the engine does not see if it is empty
		}
		setBody(req, f.Body.Text)
		if t := bodyTypes[kind]; t != "" && !hasType {
			req.Header.Set("Content-Type", t)
		}
	}
	return req.WithContext(ctx), &fetch.Params{
		Environment:    env,
		Mode:           mode,
		Credentials:    credentials,
		Redirect:       redirect,
		Referrer:       referrer,
		ReferrerPolicy: fetch.ReferrerPolicy(f.ReferrerPolicy),
		Cache:          cache,
		Integrity:      f.Integrity,
		Keepalive:      f.Keepalive,
	}, nil
}

// parseReferrer parses the referrer of a RequestInit.
func parseReferrer(env *fetch.Environment, referrer string) (string, error) {
	if referrer == "" || referrer == fetch.NoReferrer {
		return referrer, nil
	}
	u, err := fetch.ParseURL(env.URL, referrer)
	if err != nil {
		return "", err
	}
	if u.String() == "about:client" {
		return "", nil
	}
	return u.String(), nil
}

// setBody sets the body as http.NewRequest does.
func setBody(req *http.Request, text string) {
	req.ContentLength = int64(len(text))
	req.GetBody = func() (io.ReadCloser, error) {
		if text == "" {
			return http.NoBody, nil
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
	req.Body, _ = req.GetBody()
}

// bodyTypes has the Content-Type that extracting a body yields.
var bodyTypes = map[scenario.BodyKind]string{
	scenario.String: "text/plain;charset=UTF-8",
	scenario.Form:   "application/x-www-form-urlencoded;charset=UTF-8",
}
