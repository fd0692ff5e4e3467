package interop

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// compressed answers with hello, in gzip if the client can read that.
func compressed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", "text/plain")
	z := gzip.NewWriter(w)
	io.WriteString(z, "hello")
	z.Close()
}

// Resty sets headers of its own. Those that make a preflight necessary are those
// that would in a browser: User-Agent is none of them, below an http.Client.
//
// Source: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names; the
// documentation of fetch.Transport.
func TestResty(t *testing.T) {
	const preflight = "OPTIONS " + api + "/ (preflight)"
	tests := []struct {
		name string
		host http.Handler
		do   func(*resty.Request) (*resty.Response, error)
		want []string
	}{
		{"get", readable(hello), func(r *resty.Request) (*resty.Response, error) { return r.Get(api) },
			[]string{"GET " + api + "/"}},
		{"gzip is undone once", readable(compressed), func(r *resty.Request) (*resty.Response, error) { return r.Get(api) },
			[]string{"GET " + api + "/"}},
		{"form", readable(hello), func(r *resty.Request) (*resty.Response, error) {
			return r.SetFormData(map[string]string{"a": "1"}).Post(api)
		}, []string{"POST " + api + "/"}},
		{"JSON", allowing("content-type", hello), func(r *resty.Request) (*resty.Response, error) {
			return r.SetBody(map[string]int{"a": 1}).Post(api)
		}, []string{preflight, "POST " + api + "/"}},
		{"token", allowing("authorization", hello), func(r *resty.Request) (*resty.Response, error) {
			return r.SetAuthToken("secret").Get(api)
		}, []string{preflight, "GET " + api + "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: tt.host})
			client := resty.New().SetTransport((&fetch.Client{Base: network}).Transport(&fetch.Params{Environment: page}))
			resp, err := tt.do(client.R().SetContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if resp.String() != "hello" {
				t.Errorf("body %q", resp)
			}
			network.WantRequests(t, tt.want...)
		})
	}
}

// Resty retries all errors, unless a condition says otherwise.
//
// Source: Backoff in retry.go of resty v2.17.2.
func TestRestyRetries(t *testing.T) {
	temporary := func(_ *resty.Response, err error) bool {
		e, ok := errors.AsType[*fetch.NetworkError](err)
		return ok && e.Temporary()
	}
	for _, tt := range []struct {
		name      string
		condition resty.RetryConditionFunc
		want      int
	}{
		{"a refused fetch is repeated", nil, 3},
		{"with a condition that asks Temporary", temporary, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: http.HandlerFunc(hello)})
			client := resty.New().SetTransport((&fetch.Client{Base: network}).Transport(&fetch.Params{Environment: page}))
			client.SetRetryCount(2).SetRetryWaitTime(1).SetRetryMaxWaitTime(1)
			client.SetLogger(silence{})
			if tt.condition != nil {
				client.AddRetryCondition(tt.condition)
			}
			_, err := client.R().SetContext(t.Context()).Get(api)
			wantRefused(t, err, fetch.ReasonMissingAllowOrigin)
			network.WantRequests(t, requests(tt.want, "GET "+api+"/")...)
		})
	}
}

// silence is a logger for failures that are expected.
type silence struct{}

func (silence) Errorf(string, ...any) {}
func (silence) Warnf(string, ...any)  {}
func (silence) Debugf(string, ...any) {}

// Resty has a cookie jar unless it is given an http.Client. What that adds is not
// sent, since whose cookies go with a request is the engine's to decide, nor is the
// jar ever shown a Set-Cookie. Together with the engine's jar no cookie is sent
// twice, in page loads either.
//
// Source: resty.New; the documentation of fetch.Transport.
func TestRestyCookies(t *testing.T) {
	cookie := &http.Cookie{Name: "id", Value: "7", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode}
	for _, tt := range []struct {
		name   string
		params *fetch.Params
		engine bool // the engine has the cookie, too
		want   string
	}{
		{"resty's jar alone", &fetch.Params{Environment: page, Credentials: fetch.CredentialsInclude}, false, ""},
		{"both jars", &fetch.Params{Environment: page, Credentials: fetch.CredentialsInclude}, true, "id=7"},
		{"both jars, without credentials", &fetch.Params{Environment: page, Credentials: fetch.CredentialsOmit}, true, ""},
		{"both jars, page load", &fetch.Params{Mode: fetch.ModeNavigate}, true, "id=7"},
		{"resty's jar alone, page load", &fetch.Params{Mode: fetch.ModeNavigate}, false, "id=7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", app)
				w.Header().Set("Access-Control-Allow-Credentials", "true")
			})})
			engine := &fetch.Client{Base: network}
			if tt.engine {
				jar := new(fetchtest.Jar)
				jar.SetCookies(mustURL(t, api), []*http.Cookie{cookie})
				engine.Jar = jar
			}
			client := resty.New().SetTransport(engine.Transport(tt.params))
			client.GetClient().Jar.SetCookies(mustURL(t, api), []*http.Cookie{cookie})
			if _, err := client.R().SetContext(t.Context()).Get(api); err != nil {
				t.Fatal(err)
			}
			if got := network.Exchanges()[0].Header.Get("Cookie"); got != tt.want {
				t.Errorf("the server got the cookies %q; want %q", got, tt.want)
			}
		})
	}
}
