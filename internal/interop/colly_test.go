package interop

import (
	"errors"
	"net/http"
	"testing"

	"github.com/gocolly/colly/v2"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// Whom a collector may visit is decided by its http.Client, which sees the
// redirects of page loads only. In the other modes the engine follows them, and
// Client.CheckRequest is who has to be asked.
//
// Source: checkRedirectFunc in colly.go of colly v2.3.0; the documentation of
// fetch.Transport.
func TestCollyDomains(t *testing.T) {
	denied := errors.New("not our domain")
	tests := []struct {
		name    string
		params  *fetch.Params
		check   func(*http.Request, *fetch.Params) error
		wantErr error // nil if the stranger is visited
		want    []string
	}{
		{"page load", &fetch.Params{Mode: fetch.ModeNavigate}, nil, colly.ErrForbiddenDomain,
			[]string{"GET " + api + "/"}},
		{"mode cors: the filter is passed by", &fetch.Params{Environment: page}, nil, nil,
			[]string{"GET " + api + "/", "GET " + other + "/"}},
		{"mode cors, with CheckRequest", &fetch.Params{Environment: page}, func(r *http.Request, _ *fetch.Params) error {
			if r.URL.Host != "api.example" {
				return denied
			}
			return nil
		}, denied, []string{"GET " + api + "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{
				api:   readable(http.RedirectHandler(other+"/", http.StatusFound).ServeHTTP),
				other: readable(hello),
			})
			c := colly.NewCollector(colly.AllowedDomains("api.example"), colly.StdlibContext(t.Context()))
			c.WithTransport((&fetch.Client{Base: network, CheckRequest: tt.check}).Transport(tt.params))
			if err := c.Visit(api); !errors.Is(err, tt.wantErr) {
				t.Errorf("error %v; want %v", err, tt.wantErr)
			}
			network.WantRequests(t, tt.want...)
		})
	}
}

// A collector has a jar of its own. In page loads it works as without the engine;
// the jar of the engine takes its place, and no cookie is sent twice.
//
// Source: Collector.Init in colly v2.3.0; the documentation of fetch.Transport.
func TestCollyCookies(t *testing.T) {
	for _, tt := range []struct {
		name string
		jar  http.CookieJar // of the engine
	}{
		{"colly's jar alone", nil},
		{"both jars", new(fetchtest.Jar)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
			})})
			c := colly.NewCollector(colly.AllowURLRevisit(), colly.StdlibContext(t.Context()))
			c.WithTransport((&fetch.Client{Base: network, Jar: tt.jar}).Transport(&fetch.Params{Mode: fetch.ModeNavigate}))
			var got []string
			for range 2 {
				if err := c.Visit(api); err != nil {
					t.Fatal(err)
				}
			}
			for _, x := range network.Exchanges() {
				got = append(got, x.Header.Get("Cookie"))
			}
			wantEqual(t, "cookies", got, []string{"", "id=7"})
		})
	}
}

// Colly sets User-Agent on everything, which makes no preflight necessary, and
// undoes gzip itself, unless that has been done.
//
// Source: Collector.scrape and httpBackend.Do in colly v2.3.0.
func TestCollyHeaders(t *testing.T) {
	network := newNetwork(t, fetchtest.Hosts{api: readable(compressed)})
	c := colly.NewCollector(colly.UserAgent("crawler/1"), colly.StdlibContext(t.Context()))
	c.WithTransport((&fetch.Client{Base: network}).Transport(&fetch.Params{Environment: page}))
	body := ""
	c.OnResponse(func(r *colly.Response) { body = string(r.Body) })
	if err := c.Visit(api); err != nil {
		t.Fatal(err)
	}
	if body != "hello" {
		t.Errorf("body %q", body)
	}
	network.WantRequests(t, "GET "+api+"/")
	if got := network.Exchanges()[0].Header.Get("User-Agent"); got != "crawler/1" {
		t.Errorf("User-Agent %q", got)
	}
}

// Colly takes every status below 203 for success: a server's failure that is opaque
// is an empty page with status 0.
//
// Source: Collector.handleOnError in colly v2.3.0.
func TestCollyOpaque(t *testing.T) {
	network := newNetwork(t, fetchtest.Hosts{api: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		hello(w, r)
	})})
	c := colly.NewCollector(colly.UserAgent("crawler/1"), colly.StdlibContext(t.Context()))
	c.WithTransport((&fetch.Client{Base: network}).Transport(&fetch.Params{Environment: page, Mode: fetch.ModeNoCORS}))
	status := -1
	c.OnResponse(func(r *colly.Response) {
		if status = r.StatusCode; len(r.Body) > 0 {
			t.Errorf("body %q", r.Body)
		}
	})
	if err := c.Visit(api); err != nil {
		t.Fatal(err)
	}
	if status != 0 {
		t.Errorf("status %d; want 0", status)
	}
	// It is the browser's, so that it is sent in mode no-cors, too.
	if got := network.Exchanges()[0].Header.Get("User-Agent"); got != "crawler/1" {
		t.Errorf("User-Agent %q", got)
	}
}
