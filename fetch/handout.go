package fetch

import (
	"context"
	"net/url"
)

// A handout is what a fetch leaves with others: with Base, the context of its
// requests, with the caller, the response, and with both the first URL. It is one
// allocation instead of three.
type handout struct {
	ctx      sentContext
	url      url.URL
	response Response
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
