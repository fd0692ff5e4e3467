package embed

import (
	"strings"

	"github.com/dop251/goja"
)

// defineConsole defines the console's five ways to log. They take no format
// specifiers.
//
// See https://console.spec.whatwg.org/#logging.
func (p *Page) defineConsole() {
	console := p.vm.NewObject()
	for _, level := range []string{"debug", "log", "info", "warn", "error"} {
		p.defineProperty(console, level, p.function(level, 0, func(call goja.FunctionCall) goja.Value {
			words := make([]string, len(call.Arguments))
			for i, v := range call.Arguments {
				words[i] = p.describe(v)
			}
			p.log(level, strings.Join(words, " "))
			return goja.Undefined()
		}))
	}
	p.defineGlobal("console", console)
}

// describe returns v as a developer wants to see it: strings and errors as they
// are, other objects as JSON if they have any.
func (p *Page) describe(v goja.Value) string {
	text := ""
	if thrown := p.caught(func() { text = p.inspect(v) }); thrown != nil {
		return "[something that cannot be shown]"
	}
	return text
}

func (p *Page) inspect(v goja.Value) string {
	if s, ok := v.(*goja.Symbol); ok {
		return "Symbol(" + s.String() + ")"
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return v.String()
	}
	if _, isFunction := goja.AssertFunction(o); isFunction || p.vm.InstanceOf(o, p.builtins.error) {
		return o.String()
	}
	json, err := p.builtins.jsonStringify(goja.Undefined(), o)
	p.rethrow(err)
	if goja.IsUndefined(json) || json.String() == "{}" {
		return o.String()
	}
	return json.String()
}
