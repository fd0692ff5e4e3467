package fetch

import (
	"context"
	"net/url"
)

// A handout is what a fetch leaves with others: with Base, the context and the URL
// of its first request, and with the caller, the response and its URL. It is one
// allocation instead of five.
type handout struct {
	ctx      sentContext
	first    url.URL // of the request
	sent     url.URL // of the first request made for Base
	response Response
	unsafe   [1]string // for the CORS-unsafe request-header names; usually enough
}

// A sentContext is the context of the requests of a fetch: that of the caller's
// request, with the Params that [FromContext] returns.
type sentContext struct {
	context.Context
	params *Params
}

// Value implements [context.Context].
func (c *sentContext) Value(key any) any {
	if key == (paramsKey{}) {
		return sentParams{c.params}
	}
	return c.Context.Value(key)
}
