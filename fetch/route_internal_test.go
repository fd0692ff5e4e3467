package fetch

import (
	"net/url"
	"reflect"
	"testing"
)

// TestRouteDependsOnEveryField changes each field of Environment and Params by
// itself: either a route does not serve the result, or the field is among those
// that are known to make no difference. Whoever adds a field has to decide.
//
// Source: own reasoning.
func TestRouteDependsOnEveryField(t *testing.T) {
	noDifference := map[string]bool{
		"Environment":    true, // compared by its members
		"Integrity":      true, // about the body
		"Keepalive":      true, // likewise
		"ForcePreflight": true, // looked at anew for each fetch
	}
	params := Params{Mode: ModeNoCORS, Destination: "image"}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Params]()) {
		changed := params
		change(t, reflect.ValueOf(&changed).Elem().FieldByIndex(field.Index))
		if same := routeParams(&params) == routeParams(&changed); same != noDifference[field.Name] {
			t.Errorf("Params.%s makes no difference: %t; want %t", field.Name, same, noDifference[field.Name])
		}
	}

	env := Environment{Origin: MustParseOrigin("https://app.example"), URL: &url.URL{Scheme: "https", Host: "app.example", Path: "/"}}
	r := route{params: params, env: &env, envURL: env.URL}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Environment]()) {
		changed := env
		change(t, reflect.ValueOf(&changed).Elem().FieldByIndex(field.Index))
		f := state{params: &params, env: &changed}
		if r.serves(&f) {
			t.Errorf("a route serves an Environment with another %s", field.Name)
		}
	}
	same := env
	same.URL = new(*env.URL)
	if f := (state{params: &params, env: &same}); !r.serves(&f) {
		t.Error("a route does not serve an equal Environment")
	}
	for name, f := range map[string]state{
		"no Environment":          {params: &params},
		"no URL":                  {params: &params, env: &Environment{Origin: env.Origin}},
		"another URL's origin":    {params: &params, env: &env, origin: "https://api.example"},
		"another kind of method":  {params: &params, env: &env, method: "GET"},
		"a fetch by a Transport":  {params: &params, env: &env, transport: true},
		"Params of another fetch": {params: &Params{}, env: &env},
	} {
		if r.serves(&f) {
			t.Errorf("%s: the route serves it", name)
		}
	}
	none := route{params: params}
	if f := (state{params: &params, env: &env}); none.serves(&f) {
		t.Error("the route of no Environment serves one with")
	}
}

// change gives v another value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case Origin:
		v.Set(reflect.ValueOf(OpaqueOrigin()))
		return
	case *url.URL:
		v.Set(reflect.ValueOf(&url.URL{Scheme: "https", Host: "app.example", Path: "/other"}))
		return
	case *Environment:
		v.Set(reflect.ValueOf(new(Environment)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.ValueOf("x")))
	default:
		t.Fatalf("how to change a %s?", v.Type())
	}
}
