package fetchtest_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// What the headers of a page make of its environment.
func TestEnvironmentOfPage(t *testing.T) {
	const (
		container = "https://html.spec.whatwg.org/multipage/browsers.html#creating-a-policy-container-from-a-fetch-response"
		coep      = "https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy"
		csp       = "https://www.w3.org/TR/CSP3/#directive-sandbox"
	)
	tests := []struct {
		name, source string
		header       http.Header
		policy       fetch.ReferrerPolicy
		embedder     string
		opaque       bool
	}{
		{"nothing", container, nil, "", "", false},
		{"referrer policy", container, http.Header{"Referrer-Policy": {"no-referrer, future, origin"}}, "origin", "", false},
		{"require-corp", coep, http.Header{"Cross-Origin-Embedder-Policy": {`require-corp; report-to="x"`}}, "", "require-corp", false},
		{"credentialless", coep, http.Header{"Cross-Origin-Embedder-Policy": {" credentialless"}}, "", "credentialless", false},
		{"unknown embedder policy", coep, http.Header{"Cross-Origin-Embedder-Policy": {"Require-CORP"}}, "", "", false},
		{"two embedder policies", coep, http.Header{"Cross-Origin-Embedder-Policy": {"require-corp", "require-corp"}}, "", "", false},
		{"sandbox", csp, http.Header{"Content-Security-Policy": {"default-src 'self'; sandbox allow-scripts"}}, "", "", true},
		{"sandbox in any case", csp, http.Header{"Content-Security-Policy": {"SandBox"}}, "", "", true},
		{"sandbox with origin", csp, http.Header{"Content-Security-Policy": {"sandbox allow-scripts Allow-Same-Origin; sandbox"}}, "", "", false},
		{"sandbox in one of two", csp, http.Header{"Content-Security-Policy": {"sandbox allow-same-origin, sandbox"}}, "", "", true},
		{"no sandbox", csp, http.Header{"Content-Security-Policy": {"default-src sandbox;; ;"}}, "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := fetchtest.NewBrowser(t, fetchtest.Hosts{app: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for name, values := range tt.header {
					w.Header()[name] = values
				}
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, "<p>")
			})})
			page, err := b.Navigate(t.Context(), app+"/x#y")
			if err != nil {
				t.Fatal(err)
			}
			e := page.Environment
			if e.ReferrerPolicy != tt.policy || e.EmbedderPolicy != "unsafe-none" && e.EmbedderPolicy != tt.embedder || e.Origin.Opaque() != tt.opaque ||
				!tt.opaque && e.Origin.String() != app || e.URL.String() != app+"/x#y" {
				t.Errorf("the environment is %+v; see %s", e, tt.source)
			}
			if page.Status != 404 || string(page.Body) != "<p>" || page.Header.Get("Content-Type") == "" {
				t.Errorf("the page is %+v", page)
			}
		})
	}
}

// A login as users do it: form, redirect, cookie, and then the page's own requests.
func TestNavigation(t *testing.T) {
	const shop, login = "https://shop.example", "https://login.example"
	hosts := fetchtest.Hosts{
		shop: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/set" {
				http.SetCookie(w, &http.Cookie{Name: "sid", Value: "7", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
				http.Redirect(w, r, "/home", http.StatusSeeOther)
				return
			}
			echo(w, r)
		}),
		login: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" && r.PostFormValue("name") == "eve" && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
				http.Redirect(w, r, shop+"/set", http.StatusFound)
				return
			}
			echo(w, r)
		}),
	}
	b := fetchtest.NewBrowser(t, hosts)
	start, err := b.Navigate(t.Context(), login+"/form")
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(start.Body), "GET /form origin= referer= ", "user=?1")
	page, err := start.Submit(t.Context(), "/form", url.Values{"name": {"eve"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := page.Environment.URL.String(); got != shop+"/home" || page.Environment.Origin.String() != shop {
		t.Errorf("the page is %s", got)
	}
	wantText(t, readAll(t, mustFetch(t, page, "/me", nil).Body), "cookie=sid=7 ", "referer=https://shop.example/home")
	next, err := page.Navigate(t.Context(), "next")
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(next.Body), "GET /next ", "cookie=sid=7 ")
	// A link from elsewhere does not carry the Strict cookie.
	foreign, err := b.Open("https://news.example/").Navigate(t.Context(), shop+"/home")
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(foreign.Body), "cookie= ", "referer=https://news.example/")
}

func TestNoDocument(t *testing.T) {
	b := fetchtest.NewBrowser(t, fetchtest.Hosts{app: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(204)
		case "/205":
			w.WriteHeader(205)
		case "/file":
			w.Header().Set("Content-Disposition", `Attachment; filename="a"`)
		case "/short":
			w.Header().Set("Content-Length", "10")
		}
	})})
	for path, why := range map[string]string{"/204": "no content (status 204)", "/205": "no content", "/file": "download"} {
		_, err := b.Navigate(t.Context(), app+path)
		var none *fetchtest.NoDocumentError
		if !errors.As(err, &none) || none.URL != app+path || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: error %v", path, err)
		}
	}
	if _, err := b.Navigate(t.Context(), app+"/short"); err == nil || !strings.Contains(err.Error(), "reading https://app.example/short") {
		t.Errorf("a short document: %v", err)
	}
	if _, err := b.Navigate(t.Context(), "https://nowhere.example/"); !errors.Is(err, fetch.ReasonTransport) {
		t.Errorf("no host: %v", err)
	}
	if _, err := b.Navigate(t.Context(), "not a URL"); !errors.Is(err, fetch.ReasonInvalidRequest) {
		t.Errorf("no URL: %v", err)
	}
}
