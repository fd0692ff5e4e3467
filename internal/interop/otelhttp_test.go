package interop

import (
	"context"
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/fetch/fetchtest"
)

// traced wraps next as a program that propagates traces does.
func traced(next http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(next, otelhttp.WithPropagators(propagation.TraceContext{}))
}

// inTrace returns a context with a trace that is sampled.
func inTrace(ctx context.Context) context.Context {
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
}

// What traces a page's requests belongs below the engine: above, its header is the
// page's, and makes a preflight necessary that most servers refuse.
//
// Source: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names;
// the documentation of otelhttp.NewTransport: it injects headers.
func TestOtelhttp(t *testing.T) {
	const preflight = "OPTIONS " + api + "/ (preflight)"
	tests := []struct {
		name   string
		host   http.Handler
		client func(*fetchtest.Network) http.RoundTripper
		reason fetch.Reason // "" if it works
		want   []string
	}{
		{"outside", readable(hello), func(n *fetchtest.Network) http.RoundTripper {
			return traced((&fetch.Client{Base: n}).Transport(&fetch.Params{Environment: page}))
		}, fetch.ReasonHeaderNotAllowed, []string{preflight}},
		{"outside, of a server that has been told", allowing("traceparent", hello), func(n *fetchtest.Network) http.RoundTripper {
			return traced((&fetch.Client{Base: n}).Transport(&fetch.Params{Environment: page}))
		}, "", []string{preflight, "GET " + api + "/"}},
		{"inside", readable(hello), func(n *fetchtest.Network) http.RoundTripper {
			return (&fetch.Client{Base: traced(n)}).Transport(&fetch.Params{Environment: page})
		}, "", []string{"GET " + api + "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t, fetchtest.Hosts{api: tt.host})
			req, err := http.NewRequestWithContext(inTrace(t.Context()), http.MethodGet, api, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := (&http.Client{Transport: tt.client(network)}).Do(req)
			network.WantRequests(t, tt.want...)
			if tt.reason != "" {
				wantRefused(t, err, tt.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if body := readAll(t, resp); body != "hello" {
				t.Errorf("body %q", body)
			}
			all := network.Exchanges()
			if all[len(all)-1].Header.Get("Traceparent") == "" {
				t.Error("the server got no traceparent")
			}
		})
	}
}
