package referrer

import (
	"testing"

	"github.com/corsengine/corsengine/internal/site"
	"github.com/corsengine/corsengine/internal/testtable"
)

func TestOriginHeader(t *testing.T) {
	type request struct {
		Origin       string
		Taint        string
		Method       string
		Mode         string
		Policy       Policy
		Current      string
		CORSTainting bool
	}
	taints := make(map[string]site.Taint)
	for _, taint := range []site.Taint{site.SameOrigin, site.SameSite, site.CrossSite} {
		taints[taint.String()] = taint
	}
	testtable.Run(t, "referrer-origin-header.json", func(t *testing.T, in request, want string) {
		taint, ok := taints[in.Taint]
		if !ok {
			t.Fatalf("unknown taint %q", in.Taint)
		}
		r := OriginRequest{
			Origin: in.Origin, Taint: taint, Method: in.Method, Mode: in.Mode,
			Policy: in.Policy, Current: in.Current, CORS: in.CORSTainting,
		}
		if got := OriginHeader(r); got != want {
			t.Errorf("OriginHeader(%+v) = %q; want %q", r, got, want)
		}
	})
}
