package corscheck

import "github.com/corsengine/corsengine/internal/cors"

// The response headers of the CORS protocol, as tests call them.
const (
	allowOrigin      = cors.AllowOrigin
	allowCredentials = cors.AllowCredentials
	allowMethods     = cors.AllowMethods
	allowHeaders     = cors.AllowHeaders
	maxAge           = cors.MaxAge
	exposeHeaders    = cors.ExposeHeaders
)
