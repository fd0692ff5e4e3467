package fetch_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/corsengine/corsengine/fetch"
)

// readOnly is a server without network that lets every page read, and nothing
// else.
type readOnly struct{}

func (readOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return w.Result(), nil
}

// A page tries to write to a server that lets it read, and the log says what
// became of it.
func ExampleTraceLogger() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || len(groups) > 0 && groups[0] == "header" {
				return slog.Attr{} // of use, but not in an example
			}
			return a
		},
	}))

	client := &fetch.Client{Base: readOnly{}}
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	req, err := http.NewRequest("PUT", "https://api.example/items/7", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := fetch.WithTrace(req.Context(), fetch.TraceLogger(log))
	_, err = client.Fetch(req.WithContext(ctx), &fetch.Params{Environment: page})
	fmt.Println(errors.Is(err, fetch.ReasonMethodNotAllowed))
	// Output:
	// level=DEBUG msg=request method=OPTIONS url=https://api.example/items/7 hop=0 preflight=true credentials=false dropped=""
	// level=DEBUG msg=response status=200 url=https://api.example/items/7 hop=0 preflight=true
	// level=DEBUG msg="CORS check" url=https://api.example/items/7 origin=https://app.example "allow origin"=* credentials=false preflight=true outcome=allowed
	// level=DEBUG msg=preflight url=https://api.example/items/7 method=PUT headers="" cached=false status=200 error="fetch: PUT https://api.example/items/7 from https://app.example: preflight: method-not-allowed \"PUT\": Access-Control-Allow-Methods is missing; it has to list \"PUT\" or \"*\""
	// level=INFO msg="fetch failed" reason=method-not-allowed method=PUT url=https://api.example/items/7 origin=https://app.example hop=0 preflight=true name=PUT detail="Access-Control-Allow-Methods is missing; it has to list \"PUT\" or \"*\""
	// true
}
