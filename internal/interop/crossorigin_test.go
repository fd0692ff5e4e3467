package interop

import (
	"net/http"
	"testing"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// http.CrossOriginProtection decides by what a browser says about a request, in
// Sec-Fetch-Site and Origin. The pages here send what browsers do, and no more.
//
// Source: the documentation of http.CrossOriginProtection and of its Check;
// https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header.
func TestCrossOriginProtection(t *testing.T) {
	const (
		bank  = "https://bank.example"
		plain = "http://bank.example"
	)
	tests := []struct {
		name     string
		page     string
		method   string
		url      string
		wantSite string // Sec-Fetch-Site that the server gets
		want     int
	}{
		{"same origin", bank, "POST", bank + "/pay", "same-origin", 200},
		{"same site", "https://blog.bank.example", "POST", bank + "/pay", "same-site", 403},
		{"another site", app, "POST", bank + "/pay", "cross-site", 403},
		{"another site, safe method", app, "GET", bank + "/pay", "cross-site", 200},
		{"another site, HEAD", app, "HEAD", bank + "/pay", "cross-site", 200},
		{"trusted origin", "https://partner.example", "POST", bank + "/pay", "cross-site", 200},
		{"http to https of one host", plain, "POST", bank + "/pay", "cross-site", 403},
		{"another port", bank + ":8443", "POST", bank + "/pay", "same-site", 403},
		{"sandboxed", "null", "POST", bank + "/pay", "cross-site", 403},
		{"bypassed path", app, "POST", bank + "/hook", "cross-site", 200},

		// Browsers send no Sec-Fetch-Site to http, unless it is the machine itself:
		// Origin is all there is.
		{"same origin, http", plain, "POST", plain + "/pay", "", 200},
		{"another site, http", "http://app.example", "POST", plain + "/pay", "", 403},
		// Its Origin is null, by the referrer policy.
		{"https to http of one host", bank, "POST", plain + "/pay", "", 403},
		{"sandboxed, http", "null", "POST", plain + "/pay", "", 403},

		// A redirect does not launder a request.
		{"there and back", bank, "POST", bank + "/detour", "cross-site", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			protection := http.NewCrossOriginProtection()
			if err := protection.AddTrustedOrigin("https://partner.example"); err != nil {
				t.Fatal(err)
			}
			protection.AddInsecureBypassPattern("POST /hook")
			pay := http.NewServeMux()
			pay.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
			pay.Handle("/detour", http.RedirectHandler("https://elsewhere.example/", http.StatusTemporaryRedirect))
			browser := fetchtest.NewBrowser(t, fetchtest.Hosts{
				bank: protection.Handler(pay), plain: protection.Handler(pay),
				"https://elsewhere.example": http.RedirectHandler(bank+"/pay", http.StatusTemporaryRedirect),
			})
			page := browser.OpenAs(&fetch.Environment{Origin: fetch.MustParseOrigin(tt.page)})
			resp, err := page.Fetch(t.Context(), tt.url, &fetchtest.Init{Method: tt.method, Mode: fetch.ModeNoCORS})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			all := browser.Hosts().Exchanges()
			last := all[len(all)-1]
			if got := last.Header.Get("Sec-Fetch-Site"); got != tt.wantSite {
				t.Errorf("Sec-Fetch-Site is %q; want %q", got, tt.wantSite)
			}
			if last.Status != tt.want {
				t.Errorf("%v with Sec-Fetch-Site %q and Origin %q: status %d; want %d",
					last, last.Header.Get("Sec-Fetch-Site"), last.Header.Get("Origin"), last.Status, tt.want)
			}
		})
	}
}

// A form of another site is refused before its handler runs, and what the user has
// typed into the address bar is not.
func TestCrossOriginProtectionOfNavigations(t *testing.T) {
	const transfer = "https://bank.example/transfer"
	protection := http.NewCrossOriginProtection()
	browser := fetchtest.NewBrowser(t, fetchtest.Hosts{
		"https://bank.example": protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
		})),
	})
	own, err := browser.Navigate(t.Context(), transfer)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		page *fetchtest.Page
		want int
	}{
		{"own form", own, 200},
		{"form of another site", browser.Open("https://evil.example/"), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, err := tt.page.Submit(t.Context(), transfer, nil)
			if err != nil {
				t.Fatal(err)
			}
			if next.Status != tt.want {
				t.Errorf("status %d; want %d", next.Status, tt.want)
			}
		})
	}
}
