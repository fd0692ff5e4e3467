package fetch_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
)

// A samesiteJar notes what it is asked, and at which level. It has one cookie for
// everybody. Its methods that know no level must not be called.
type samesiteJar struct {
	t   testing.TB
	mu  sync.Mutex
	log []string // "send strict-or-less host"
}

func (j *samesiteJar) note(what string, level fetch.SameSite, u *url.URL) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.log = append(j.log, what+" "+level.String()+" "+u.Host)
}

func (j *samesiteJar) CookiesFor(u *url.URL, level fetch.SameSite) []*http.Cookie {
	j.note("send", level, u)
	return []*http.Cookie{{Name: "s", Value: "1"}}
}

func (j *samesiteJar) SetCookiesFor(u *url.URL, cookies []*http.Cookie, level fetch.SameSite) {
	j.note("store", level, u)
	if len(cookies) != 1 || cookies[0].Name != "c" {
		j.t.Errorf("%s: stored %v", u, cookies)
	}
}

func (j *samesiteJar) Cookies(u *url.URL) []*http.Cookie {
	j.t.Errorf("Cookies(%s) is called", u)
	return nil
}

func (j *samesiteJar) SetCookies(u *url.URL, _ []*http.Cookie) {
	j.t.Errorf("SetCookies(%s) is called", u)
}

// samesiteChain makes servers whose URLs redirect, with status, from one host to
// the next, and set a cookie each. It returns the first URL.
func samesiteChain(w *web, status int, hosts ...string) string {
	urls := make([]string, len(hosts))
	for i, host := range hosts {
		urls[i] = "https://" + host + "/" + string(rune('a'+i))
	}
	for i, u := range urls {
		lines := []string{"Set-Cookie: c=" + hosts[i], "Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true"}
		if i == len(urls)-1 {
			w.handle(u, answer{lines: lines})
			continue
		}
		w.handle(u, answer{status: status, lines: append(lines, "Location: "+urls[i+1])})
	}
	return urls[0]
}

// The level of each request, and of each response that sets cookies.
//
// Source: https://fetch.spec.whatwg.org/#cookie-infrastructure and
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2,
// as package samesite reconciles them.
func TestSameSiteLevels(t *testing.T) {
	const strict, lax, unset = "strict-or-less", "lax-or-less", "unset-or-less"
	origin := fetch.MustParseOrigin("https://www.example.com")
	home := &fetch.Environment{Origin: origin}
	sandboxed := &fetch.Environment{Origin: fetch.OpaqueOrigin()}
	subresource := fetch.Params{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	document := fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}
	iframe := fetch.Params{Mode: fetch.ModeNavigate, Destination: "iframe"}
	const own, sibling, other = "www.example.com", "api.example.com", "other.test"
	tests := []struct {
		name   string
		env    *fetch.Environment
		params fetch.Params
		method string // "" for GET
		status int    // of redirects, 0 for 302
		hosts  []string
		want   []string // "send/store" of each host
	}{
		{"same origin", home, subresource, "", 0, []string{own}, []string{strict + " " + strict}},
		{"same site", home, subresource, "", 0, []string{sibling}, []string{strict + " " + strict}},
		{"same-site POST", home, subresource, "POST", 0, []string{sibling}, []string{strict + " " + strict}},
		{"cross-site", home, subresource, "", 0, []string{other}, []string{unset + " " + unset}},
		{"other scheme is cross-site", &fetch.Environment{Origin: fetch.MustParseOrigin("http://www.example.com")}, subresource, "", 0,
			[]string{own}, []string{unset + " " + unset}},
		{"within the site", home, subresource, "", 0, []string{own, sibling, own}, []string{strict + " " + strict, strict + " " + strict, strict + " " + strict}},
		{"away and back", home, subresource, "", 0, []string{own, other, own}, []string{strict + " " + strict, unset + " " + unset, unset + " " + unset}},
		{"in from outside", home, subresource, "", 0, []string{other, own}, []string{unset + " " + unset, unset + " " + unset}},

		{"link within the site", home, document, "", 0, []string{sibling}, []string{strict + " " + strict}},
		{"form within the site", home, document, "POST", 0, []string{sibling}, []string{strict + " " + strict}},
		{"link to another site", home, document, "", 0, []string{other}, []string{lax + " " + strict}},
		{"HEAD to another site", home, document, "HEAD", 0, []string{other}, []string{lax + " " + strict}},
		{"form to another site", home, document, "POST", 0, []string{other}, []string{unset + " " + strict}},
		{"form that becomes GET", home, document, "POST", 302, []string{other, other}, []string{unset + " " + strict, lax + " " + strict}},
		{"form that stays POST", home, document, "POST", 307, []string{other, other}, []string{unset + " " + strict, unset + " " + strict}},
		{"link away and back", home, document, "", 0, []string{own, other, own}, []string{strict + " " + strict, lax + " " + strict, lax + " " + strict}},

		{"typed", nil, document, "", 0, []string{other}, []string{strict + " " + strict}},
		{"typed and redirected", nil, document, "", 0, []string{other, own, sibling}, []string{strict + " " + strict, strict + " " + strict, strict + " " + strict}},

		{"frame of the site", home, iframe, "", 0, []string{sibling}, []string{strict + " " + strict}},
		{"frame of another site", home, iframe, "", 0, []string{other}, []string{unset + " " + unset}},

		{"foreign frame in between", &fetch.Environment{Origin: origin, CrossSiteAncestor: true}, subresource, "", 0, []string{own}, []string{unset + " " + unset}},
		{"frame in another site's page", &fetch.Environment{Origin: origin, TopLevel: fetch.MustParseOrigin("https://other.test")}, subresource, "", 0,
			[]string{own, other}, []string{unset + " " + unset, unset + " " + unset}},
		{"frame in a page of the site", &fetch.Environment{Origin: origin, TopLevel: fetch.MustParseOrigin("https://example.com")}, subresource, "", 0,
			[]string{own}, []string{strict + " " + strict}},
		{"frame in a sandboxed page", &fetch.Environment{Origin: origin, TopLevel: fetch.OpaqueOrigin()}, subresource, "", 0, []string{own}, []string{unset + " " + unset}},
		{"sandboxed frame", &fetch.Environment{Origin: fetch.OpaqueOrigin(), TopLevel: origin}, subresource, "", 0, []string{own}, []string{unset + " " + unset}},
		{"sandboxed page", sandboxed, subresource, "", 0, []string{own}, []string{unset + " " + unset}},
		{"link in a sandboxed page", sandboxed, document, "", 0, []string{own}, []string{lax + " " + strict}},
		{"top-level page out of a frame", &fetch.Environment{Origin: origin, CrossSiteAncestor: true}, document, "", 0, []string{own}, []string{lax + " " + strict}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for i, host := range tt.hosts {
				send, store, _ := strings.Cut(tt.want[i], " ")
				want = append(want, "send "+send+" "+host, "store "+store+" "+host)
			}
			vias := []string{"Fetch"}
			if tt.params.Mode == fetch.ModeNavigate && tt.status != 307 {
				vias = append(vias, "http.Client") // it drives the hops itself
			}
			for _, via := range vias {
				w := newWeb(t, nil)
				status := tt.status
				if status == 0 {
					status = 302
				}
				first := samesiteChain(w, status, tt.hosts...)
				jar := &samesiteJar{t: t}
				w.client.Jar = jar
				p := tt.params
				p.Environment = tt.env
				method := tt.method
				if method == "" {
					method = "GET"
				}
				req := newRequest(t, method, first, nil)
				if via == "Fetch" {
					w.fetch(req, &p)
				} else {
					resp, err := (&http.Client{Transport: w.client.Transport(&p)}).Do(req)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
				}
				if diff := cmp.Diff(want, jar.log); diff != "" {
					t.Errorf("%s (-want +got):\n%s", via, diff)
				}
				for _, r := range w.received() {
					wantHeader(t, r.Header, "Cookie", "s=1")
				}
			}
		})
	}
}

// A preflight asks for no cookies and a request without credentials neither, nor
// are theirs stored; the request after the preflight counts for itself.
func TestSameSiteJarIsNotAskedWithoutCredentials(t *testing.T) {
	w := newWeb(t, map[string]http.Handler{
		"https://api.example/": shareWith("https://app.example", "PUT", "x-a", "Set-Cookie: c=1"),
	})
	jar := &samesiteJar{t: t}
	w.client.Jar = jar
	for _, credentials := range []fetch.Credentials{fetch.CredentialsOmit, fetch.CredentialsSameOrigin} {
		w.fetch(newRequest(t, "PUT", "https://api.example/", nil), &fetch.Params{Environment: app, Credentials: credentials})
	}
	if len(jar.log) != 0 {
		t.Errorf("without credentials the jar is asked %q", jar.log)
	}
	w.fetch(newRequest(t, "PUT", "https://api.example/", nil, "X-A: a"),
		&fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
	if want := []string{"send unset-or-less api.example", "store unset-or-less api.example"}; !slices.Equal(jar.log, want) {
		t.Errorf("with credentials the jar is asked %q; want %q", jar.log, want)
	}
}

// A jar without levels sends and stores what it did before: everything.
func TestSameSiteNeedsAJarThatKnows(t *testing.T) {
	w := newWeb(t, nil)
	first := samesiteChain(w, 302, "other.test", "www.example.com")
	w.client.Jar = newJar(t, "https://other.test/", "strict=1; SameSite=Strict", "lax=1; SameSite=Lax", "none=1; SameSite=None; Secure")
	p := &fetch.Params{Environment: &fetch.Environment{Origin: fetch.MustParseOrigin("https://www.example.com"), CrossSiteAncestor: true},
		Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	w.fetch(newRequest(t, "GET", first, nil), p)
	wantHeader(t, w.received()[0].Header, "Cookie", "strict=1; lax=1; none=1")
	for _, host := range []string{"other.test", "www.example.com"} {
		if got := cookiesIn(t, w.client.Jar, "https://"+host+"/"); !strings.Contains(got, "c="+host) {
			t.Errorf("the jar has %q for %s", got, host)
		}
	}
}

func TestSameSiteString(t *testing.T) {
	got := []string{fetch.UnsetOrLess.String(), fetch.LaxOrLess.String(), fetch.StrictOrLess.String()}
	if want := []string{"unset-or-less", "lax-or-less", "strict-or-less"}; !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}
