package interop

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// retrying tries three times, without pauses.
func retrying(transport http.RoundTripper) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient = &http.Client{Transport: transport}
	c.RetryMax = 2
	c.Backoff = func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 }
	c.Logger = nil
	return c
}

// Above the engine, what is refused for good is tried again: the default policy
// retries every error that it does not know, and every status that is 0, which that
// of an opaque response is.
//
// Source: baseRetryPolicy in client.go of go-retryablehttp v0.7.8.
func TestRetryablehttpOutside(t *testing.T) {
	tests := []struct {
		name   string
		params *fetch.Params
		check  retryablehttp.CheckRetry // nil for the default
		reason fetch.Reason             // "" if there is a response
		want   int
	}{
		{"a refused fetch is repeated", &fetch.Params{Environment: page}, nil, fetch.ReasonMissingAllowOrigin, 3},
		{"an opaque response is an error, and repeated", &fetch.Params{Environment: page, Mode: fetch.ModeNoCORS}, nil, "", 3},
		{"a policy that asks Temporary", &fetch.Params{Environment: page}, retryTemporary, fetch.ReasonMissingAllowOrigin, 1},
		{"the same, opaque", &fetch.Params{Environment: page, Mode: fetch.ModeNoCORS}, retryTemporary, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: http.HandlerFunc(hello)})
			client := retrying((&fetch.Client{Base: network}).Transport(tt.params))
			if tt.check != nil {
				client.CheckRetry = tt.check
			}
			req, err := retryablehttp.NewRequestWithContext(t.Context(), http.MethodGet, api, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			network.WantRequests(t, requests(tt.want, "GET "+api+"/")...)
			switch {
			case tt.reason != "":
				wantRefused(t, err, tt.reason)
			case tt.check != nil:
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			case err == nil || !strings.Contains(err.Error(), "giving up after 3 attempt(s)"):
				t.Errorf("error %v; want that it gives up", err)
			}
		})
	}
}

// retryTemporary is a policy for those who have to retry above the engine.
func retryTemporary(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if e, ok := errors.AsType[*fetch.NetworkError](err); ok {
		return e.Temporary(), nil
	}
	if resp != nil && resp.StatusCode == 0 {
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

// below makes a Base of a retrying client: one that returns redirects, because
// following them is the engine's, and the last response when it gives up, because
// the page is to see it.
func below(transport http.RoundTripper) http.RoundTripper {
	c := retrying(transport)
	c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &retryablehttp.RoundTripper{Client: c}
}

// failing answers 503 until it has been asked often enough.
func failing(times int) http.Handler {
	asked := 0
	return readable(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked <= times {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		hello(w, r)
	})
}

// Below the engine, only what servers have answered is tried again.
//
// Source: own reasoning; the documentation of fetch.Client.Base.
func TestRetryablehttpInside(t *testing.T) {
	tests := []struct {
		name   string
		host   http.Handler
		base   func(http.RoundTripper) http.RoundTripper
		status int // 0 if there is no response
		reason fetch.Reason
		want   int
	}{
		{"unavailable for a while", failing(2), below, 200, "", 3},
		{"unavailable", failing(9), below, 503, "", 3},
		{"refused", http.HandlerFunc(hello), below, 0, fetch.ReasonMissingAllowOrigin, 1},
		{"unavailable, without an ErrorHandler", failing(9), func(next http.RoundTripper) http.RoundTripper {
			return &retryablehttp.RoundTripper{Client: retrying(next)}
		}, 0, fetch.ReasonTransport, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: tt.host})
			engine := &fetch.Client{Base: tt.base(network)}
			resp, err := get(t, &http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}, api)
			network.WantRequests(t, requests(tt.want, "GET "+api+"/")...)
			if tt.status == 0 {
				wantRefused(t, err, tt.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("status %d; want %d", resp.StatusCode, tt.status)
			}
		})
	}
}

// A RoundTripper with an http.Client inside follows redirects, although that is
// nothing a RoundTripper does. The checks of each hop are the engine's, which does
// not take the result: the redirect here has no Access-Control-Allow-Origin.
//
// Source: https://fetch.spec.whatwg.org/#http-fetch, the CORS check before the
// redirect; the documentation of fetch.Client.Base.
func TestRetryablehttpFollowsRedirects(t *testing.T) {
	tests := []struct {
		name   string
		base   func(http.RoundTripper) http.RoundTripper
		reason fetch.Reason
		want   []string
	}{
		{"as it comes", func(next http.RoundTripper) http.RoundTripper {
			return &retryablehttp.RoundTripper{Client: retrying(next)}
		}, fetch.ReasonTransport, []string{"GET " + api + "/", "GET " + other + "/"}},
		{"with ErrUseLastResponse", below, fetch.ReasonMissingAllowOrigin, []string{"GET " + api + "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{
				api:   http.RedirectHandler(other+"/", http.StatusFound),
				other: readable(hello),
			})
			engine := &fetch.Client{Base: tt.base(network)}
			_, err := get(t, &http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}, api)
			wantRefused(t, err, tt.reason)
			network.WantRequests(t, tt.want...)
		})
	}
}
