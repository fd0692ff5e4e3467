package fetch_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// crossGET is what the benchmarks of this file vary.
var crossGET = benchCase{"cross-origin/method=GET", "GET", "https://api.example/items?page=2", "", nil}

// BenchmarkFetchMode measures the other kinds of fetches.
func BenchmarkFetchMode(b *testing.B) {
	for _, bm := range []struct {
		name, url string
		params    fetch.Params
	}{
		{"mode=cors/credentials=include", crossGET.url, fetch.Params{Credentials: fetch.CredentialsInclude}},
		{"mode=same-origin", "https://app.example/items?page=2", fetch.Params{Mode: fetch.ModeSameOrigin}},
		{"mode=no-cors", crossGET.url, fetch.Params{Mode: fetch.ModeNoCORS, Destination: "image"}},
		{"mode=navigate", crossGET.url, fetch.Params{Mode: fetch.ModeNavigate, Destination: "document"}},
	} {
		bm.params.Environment = app
		base := roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := benchBase{}.RoundTrip(req)
			resp.Header["Access-Control-Allow-Credentials"] = []string{"true"}
			return resp, err
		})
		c := benchCase{method: "GET", url: bm.url}
		b.Run(bm.name+"/via=bare", func(b *testing.B) { benchBare(b, base, c.newRequest(b)) })
		b.Run(bm.name+"/via=engine", func(b *testing.B) {
			benchFetch(b, &fetch.Client{Base: base}, c.newRequest(b), &bm.params)
		})
		b.Run(bm.name+"/via=transport", func(b *testing.B) {
			client := &fetch.Client{Base: base}
			benchBare(b, client.Transport(&bm.params), c.newRequest(b))
		})
	}
}

// BenchmarkFetchWith measures what the parts of a client cost that can be left out.
func BenchmarkFetchWith(b *testing.B) {
	u, err := url.Parse(crossGET.url)
	if err != nil {
		b.Fatal(err)
	}
	cookies := []*http.Cookie{
		{Name: "session", Value: "0123456789abcdef", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode},
		{Name: "theme", Value: "dark", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode},
	}
	plainJar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		b.Fatal(err)
	}
	plainJar.SetCookies(u, cookies)
	sameSiteJar := new(fetchtest.Jar)
	sameSiteJar.SetCookiesFor(u, cookies, fetch.StrictOrLess)
	if len(plainJar.Cookies(u)) != 2 || len(sameSiteJar.CookiesFor(u, fetch.UnsetOrLess)) != 2 {
		b.Fatal("a jar does not have the cookies")
	}
	trace := &fetch.Trace{
		Request:   func(fetch.RequestInfo) {},
		Preflight: func(fetch.PreflightInfo) {},
		CORSCheck: func(fetch.CORSCheckInfo) {},
		Response:  func(fetch.ResponseInfo) {},
		Redirect:  func(fetch.RedirectInfo) {},
		Filtered:  func(fetch.FilteredInfo) {},
		Done:      func(*fetch.NetworkError) {},
	}
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := benchBase{}.RoundTrip(req)
		resp.Header["Access-Control-Allow-Credentials"] = []string{"true"}
		return resp, err
	})
	for _, bm := range []struct {
		name   string
		client *fetch.Client
		ctx    context.Context
	}{
		{"nothing", &fetch.Client{}, b.Context()},
		{"jar", &fetch.Client{Jar: plainJar}, b.Context()},
		{"jar-with-SameSite", &fetch.Client{Jar: sameSiteJar}, b.Context()},
		{"user-agent", &fetch.Client{UserAgent: "examplebot/1.0"}, b.Context()},
		{"check-request", &fetch.Client{CheckRequest: func(*http.Request, *fetch.Params) error { return nil }}, b.Context()},
		{"logger", &fetch.Client{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}, b.Context()},
		{"empty-trace", &fetch.Client{}, fetch.WithTrace(b.Context(), new(fetch.Trace))},
		{"trace", &fetch.Client{}, fetch.WithTrace(b.Context(), trace)},
	} {
		b.Run("with="+bm.name, func(b *testing.B) {
			bm.client.Base = base
			req := crossGET.newRequest(b).WithContext(bm.ctx)
			benchFetch(b, bm.client, req, &fetch.Params{Environment: app, Credentials: fetch.CredentialsInclude})
		})
	}
}

// BenchmarkFetchPreflight measures fetches whose preflights are never cached, because
// the server does not want it.
func BenchmarkFetchPreflight(b *testing.B) {
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := benchBase{}.RoundTrip(req)
		resp.Header["Access-Control-Max-Age"] = []string{"0"}
		return resp, err
	})
	put := benchCases[2]
	b.Run("cache=cold", func(b *testing.B) {
		benchFetch(b, &fetch.Client{Base: base}, put.newRequest(b), &fetch.Params{Environment: app})
	})
	b.Run("cache=cold/refused", func(b *testing.B) {
		req := put.newRequest(b)
		req.Method = "DELETE" // which benchBase does not allow
		client, params := &fetch.Client{Base: base}, &fetch.Params{Environment: app}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Fetch(req, params); err == nil {
				b.Fatal("the fetch has succeeded")
			}
		}
	})
}

// BenchmarkFetchRedirects measures chains of redirects; there may be 20.
func BenchmarkFetchRedirects(b *testing.B) {
	for _, bm := range []struct {
		name string
		next func(hop int) string // URL of a hop after the first
	}{
		{"to=same-origin", func(hop int) string { return "/" + strconv.Itoa(hop) }},
		{"to=cross-origin", func(hop int) string {
			return "https://" + [2]string{"a", "b"}[hop%2] + ".example/" + strconv.Itoa(hop)
		}},
	} {
		for _, hops := range []int{1, 20} {
			var locations [21]string
			for i := range locations {
				locations[i] = bm.next(i)
			}
			base := roundTripper(func(req *http.Request) (*http.Response, error) {
				hop, err := strconv.Atoi(strings.TrimPrefix(req.URL.Path, "/"))
				if err != nil {
					return nil, err
				}
				resp, err := benchBase{}.RoundTrip(req)
				resp.Header["Access-Control-Allow-Origin"] = []string{"*"}
				if hop < hops {
					resp.Status, resp.StatusCode = "302 Found", 302
					resp.Header["Location"] = []string{locations[hop+1]}
				}
				return resp, err
			})
			b.Run(bm.name+"/hops="+strconv.Itoa(hops), func(b *testing.B) {
				c := benchCase{method: "GET", url: "https://app.example/0"}
				benchFetch(b, &fetch.Client{Base: base}, c.newRequest(b), &fetch.Params{Environment: app})
			})
		}
	}
}
