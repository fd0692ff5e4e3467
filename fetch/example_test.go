package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/corsengine/corsengine/fetch"
)

// exampleAPI allows https://app.example to read what it answers, and to PUT JSON.
func exampleAPI() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "https://app.example")
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Allow-Headers", "content-type")
		h.Set("ETag", `"v1"`)
		h.Set("Content-Type", "text/plain")
		if r.Method != "OPTIONS" {
			fmt.Fprint(w, "hello")
		}
	}))
}

// A RoundTripper with the rights of a page, for any library that takes an
// http.Client.
func Example() {
	api := exampleAPI()
	defer api.Close()

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	engine := &fetch.Client{}
	client := &http.Client{Transport: engine.Transport(&fetch.Params{Environment: page})}
	resp, err := client.Get(api.URL + "/greeting")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s %s\n", resp.Status, body)
	// Output: 200 OK hello
}

func ExampleClient_Fetch() {
	api := exampleAPI()
	defer api.Close()

	client := new(fetch.Client)
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	req, err := http.NewRequest("PUT", api.URL+"/items/7", strings.NewReader(`{"a":1}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Fetch(req, &fetch.Params{Environment: page})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Type, resp.Status, resp.OK())
	fmt.Println("Content-Type:", resp.Header.Get("Content-Type"))
	fmt.Printf("ETag: %q, as it is not in Access-Control-Expose-Headers\n", resp.Header.Get("ETag"))
	// Output:
	// cors 200 true
	// Content-Type: text/plain
	// ETag: "", as it is not in Access-Control-Expose-Headers
}

func ExampleClient_Transport() {
	api := exampleAPI()
	defer api.Close()

	// The origin is not the one that the server allows.
	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://evil.example")}
	client := &http.Client{Transport: new(fetch.Client).Transport(&fetch.Params{Environment: page})}
	_, err := client.Get(api.URL)
	fmt.Println(errors.Is(err, fetch.ReasonOriginMismatch))
	// Output: true
}

func ExampleNewContext() {
	api := exampleAPI()
	defer api.Close()

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	client := &http.Client{Transport: new(fetch.Client).Transport(&fetch.Params{Environment: page})}

	// This one request is for an image, which pages may load from anywhere, and
	// not look into.
	image := &fetch.Params{Environment: page, Mode: fetch.ModeNoCORS, Destination: "image"}
	req, err := http.NewRequest("GET", api.URL+"/logo.png", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Do(req.WithContext(fetch.NewContext(req.Context(), image)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, len(resp.Header))
	// Output: 0 0
}

func ExampleFromHTTP() {
	api := exampleAPI()
	defer api.Close()

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	params := &fetch.Params{Environment: page, Mode: fetch.ModeNoCORS, Destination: "image"}
	client := &http.Client{Transport: new(fetch.Client).Transport(params)}
	resp, err := client.Get(api.URL + "/logo.png")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	if r, ok := fetch.FromHTTP(resp); ok {
		// The decoder of the embedder may see what the page may not.
		pixels, _ := io.ReadAll(r.Internal().Body)
		fmt.Println(r.Type, r.Status, len(pixels), "bytes")
	}
	// Output: opaque 0 5 bytes
}

func ExampleNetworkError() {
	api := exampleAPI()
	defer api.Close()

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	req, err := http.NewRequest("DELETE", api.URL+"/items/7", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = new(fetch.Client).Fetch(req, &fetch.Params{Environment: page})
	if e, ok := errors.AsType[*fetch.NetworkError](err); ok {
		fmt.Println("reason:", string(e.Reason))
		fmt.Println("preflight:", e.Preflight)
		fmt.Println("name:", e.Name)
		fmt.Println("value:", e.Value)
		fmt.Println("DevTools:", e.CORSError())
		fmt.Println("see", e.Reason.SpecURL())
	}
	// Output:
	// reason: method-not-allowed
	// preflight: true
	// name: DELETE
	// value: PUT
	// DevTools: MethodDisallowedByPreflightResponse
	// see https://fetch.spec.whatwg.org/#cors-preflight-fetch
}

func ExampleWithTrace() {
	api := exampleAPI()
	defer api.Close()

	page := &fetch.Environment{Origin: fetch.MustParseOrigin("https://app.example")}
	req, err := http.NewRequest("PUT", api.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := fetch.WithTrace(req.Context(), &fetch.Trace{
		Request: func(r fetch.RequestInfo) {
			fmt.Println("sent", r.Method, "Origin:", r.Header["Origin"])
		},
		Preflight: func(p fetch.PreflightInfo) {
			fmt.Println("granted", p.Grant.Methods)
		},
		Filtered: func(f fetch.FilteredInfo) {
			fmt.Println("withheld", f.Withheld)
		},
	})
	resp, err := new(fetch.Client).Fetch(req.WithContext(ctx), &fetch.Params{Environment: page})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output:
	// sent OPTIONS Origin: [https://app.example]
	// granted [PUT]
	// sent PUT Origin: [https://app.example]
	// withheld [access-control-allow-headers access-control-allow-methods access-control-allow-origin date etag]
}

func ExampleParseOrigin() {
	for _, s := range []string{"https://EXAMPLE.com:443", "wails://wails", "https://example.com/"} {
		o, err := fetch.ParseOrigin(s)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(o)
	}
	one, other := fetch.OpaqueOrigin(), fetch.OpaqueOrigin()
	fmt.Println(one == other)
	// Output:
	// https://example.com
	// wails://wails
	// error: fetch: an origin has no '/' in or behind its host: want scheme://host or scheme://host:port
	// false
}

func ExampleParseURL() {
	base, _ := fetch.ParseURL(nil, "https://app.example/a/b")
	u, err := fetch.ParseURL(base, `\\0x7f.1\c`)
	fmt.Println(u, err)
	// Output: https://127.0.0.1/c <nil>
}

func ExampleParseMode() {
	m, err := fetch.ParseMode("no-cors")
	fmt.Println(m, err)
	_, err = fetch.ParseMode("navigate")
	fmt.Println(err)
	// Output:
	// no-cors <nil>
	// fetch: "navigate" is not a request mode that a script may set
}

func ExampleNormalizeMethod() {
	fmt.Println(fetch.NormalizeMethod("put"), fetch.NormalizeMethod("patch"))
	// Output: PUT patch
}
