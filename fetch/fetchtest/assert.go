package fetchtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/corsengine/corsengine/fetch"
)

// WantRefused fails t unless the result of a fetch, resp and err, is that it was
// refused for the given reason. It closes the body of resp. The message of a fetch
// that was allowed tells by which headers.
func WantRefused(t testing.TB, resp *fetch.Response, err error, reason fetch.Reason) {
	t.Helper()
	switch {
	case errors.Is(err, reason):
	case err != nil:
		t.Errorf("the fetch was not refused for %s, but: %v", string(reason), err)
	case resp == nil:
		t.Errorf("there is neither a response nor an error; want %s", string(reason))
	default:
		resp.Body.Close()
		t.Errorf("the page may read the response; want %s%s", string(reason), told(resp))
	}
}

// WantReadable fails t unless the page may read each of the named headers of resp.
// The message tells whether the server has not sent one or not exposed it, and the
// line that exposes it.
//
// See https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name.
func WantReadable(t testing.TB, resp *fetch.Response, names ...string) {
	t.Helper()
	if missing := unreadable(resp, names); len(missing) > 0 {
		t.Errorf("the page cannot read the whole response:\n\t%s%s\nSee https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name",
			strings.Join(missing, "\n\t"), told(resp))
	}
}

// unreadable says of each name that the page cannot read why that is.
func unreadable(resp *fetch.Response, names []string) []string {
	var out []string
	for _, name := range names {
		switch {
		case len(resp.Header.Values(name)) > 0:
		case resp.Type == fetch.TypeOpaque || resp.Type == fetch.TypeOpaqueRedirect:
			out = append(out, fmt.Sprintf("%s: the response is opaque; it takes mode cors", name))
		case len(resp.Internal().Header.Values(name)) == 0:
			out = append(out, fmt.Sprintf("%s: the server did not send it", name))
		default:
			out = append(out, fmt.Sprintf("%s: the server has to send Access-Control-Expose-Headers: %s", name, name))
		}
	}
	return out
}

// told tells the story of a fetch that succeeded.
func told(resp *fetch.Response) string {
	internal := resp.Internal()
	if internal == nil || internal.Request == nil {
		return ""
	}
	s := storyFrom(internal.Request.Context())
	if s == nil {
		return ""
	}
	var b strings.Builder
	writeExchanges(&b, s.all())
	return b.String()
}

// WantRequests fails t unless the hosts got exactly the given requests since the
// start or the last Forget, each as [Exchange.String] writes it, such as
// "OPTIONS https://api.example/items (preflight)".
func (n *Network) WantRequests(t testing.TB, want ...string) {
	t.Helper()
	all := n.Exchanges()
	got := make([]string, len(all))
	for i, x := range all {
		got[i] = x.String()
	}
	if slices.Equal(got, want) {
		return
	}
	var b strings.Builder
	writeExchanges(&b, all)
	t.Errorf("the hosts got\n\t%s\nwant\n\t%s%s", orNothing(got), orNothing(want), b.String())
}

func orNothing(lines []string) string {
	if len(lines) == 0 {
		return "nothing"
	}
	return strings.Join(lines, "\n\t")
}
