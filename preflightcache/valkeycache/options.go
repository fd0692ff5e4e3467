package valkeycache

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What holds unless Options say otherwise.
const (
	DefaultNamespace  = "corsengine"
	DefaultTimeout    = 50 * time.Millisecond
	DefaultLocalTTL   = 10 * time.Second
	DefaultLocalBytes = 16 << 20
	DefaultCooldown   = time.Second
)

// Bounds on the options.
const (
	maxTimeout  = 5 * time.Second
	maxLocalTTL = time.Hour
	maxNames    = 256                  // names of a key, at most
	maxMaxAge   = 365 * 24 * time.Hour // fits the milliseconds of a value
)

// Options configures a [Cache]. The zero value of a field stands for the default
// given there; Addrs is required.
type Options struct {
	// Addrs are the addresses, host:port, of the server. Several are nodes of one
	// cluster, of which one has to be up to be asked for the others. One is a
	// node of a cluster, too, or a single server, which must be the primary
	// if it has replicas.
	Addrs []string

	// Username and Password authenticate the connections. If only the
	// password is set, the username is "default". What the user has to be
	// allowed is in the package's documentation.
	Username, Password string

	// TLS, if not nil, is the configuration of TLS on the connections. It must
	// not be modified after New.
	TLS *tls.Config

	// DB is the number of the database, 0 unless set. A cluster has only 0.
	DB int

	// Namespace is what the names of all keys begin with. Caches share what
	// they learn if they have the same server, database and namespace. Empty
	// means DefaultNamespace.
	Namespace string

	// Timeout bounds each operation, with all it waits for, in addition to its
	// context. Zero means DefaultTimeout, and 5 seconds are the maximum.
	Timeout time.Duration

	// LocalTTL is for how long a local copy serves without being read anew,
	// and thus the longest that this cache may grant what another has cleared,
	// should the server's notice of it be lost or late. Zero means
	// DefaultLocalTTL, a negative value that no local copies are kept; an hour
	// is the maximum.
	LocalTTL time.Duration

	// LocalBytes bounds the memory of the local copies, approximately. They are
	// spread over 32 shards at random, each with its part of the memory. When
	// that is full, the partition that has the most there, to within an eighth,
	// gives up the copy that it used least recently; those with less than 4 KiB
	// count as having the same. Zero means DefaultLocalBytes, a negative value
	// that none are kept.
	LocalBytes int

	// MaxNames bounds the methods and header names kept per key, as in
	// [preflightcache.Options]. Zero means 64, a negative value that nothing
	// is kept at all; 256 is the maximum.
	MaxNames int

	// MaxAge caps Access-Control-Max-Age, as in [preflightcache.Options], both
	// of what is stored and of what others have stored. Zero means 2 hours, a
	// negative value that nothing is kept, and a year is the maximum.
	MaxAge time.Duration

	// Cooldown is for how long operations fail at once after several failed in
	// a row, before one is tried again. Zero means DefaultCooldown.
	Cooldown time.Duration
}

// withDefaults returns o with the defaults filled in, or what is wrong with it.
func (o Options) withDefaults() (Options, error) {
	var errs []error
	bad := func(field string, v any, why string) {
		errs = append(errs, fmt.Errorf("valkeycache: Options.%s %v: %s", field, v, why))
	}
	if len(o.Addrs) == 0 || slices.Contains(o.Addrs, "") {
		bad("Addrs", fmt.Sprintf("%q", o.Addrs), "an address is missing")
	}
	o.Addrs = slices.Clone(o.Addrs)
	o.Namespace = cmp.Or(o.Namespace, DefaultNamespace)
	if len(o.Namespace) > 256 {
		bad("Namespace", len(o.Namespace), "is longer than 256 bytes")
	}
	if o.DB < 0 || o.DB != 0 && len(o.Addrs) > 1 {
		bad("DB", o.DB, "is negative, or not 0 for a cluster")
	}
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	if o.Timeout < 0 || o.Timeout > maxTimeout {
		bad("Timeout", o.Timeout, "is negative or above 5s")
	}
	o.LocalTTL = cmp.Or(o.LocalTTL, DefaultLocalTTL)
	if o.LocalTTL > maxLocalTTL {
		bad("LocalTTL", o.LocalTTL, "is above an hour")
	}
	o.LocalBytes = cmp.Or(o.LocalBytes, DefaultLocalBytes)
	if o.LocalTTL < 0 || o.LocalBytes < 0 {
		o.LocalTTL, o.LocalBytes = 0, 0
	}
	o.MaxNames = max(cmp.Or(o.MaxNames, 64), 0)
	if o.MaxNames > maxNames {
		bad("MaxNames", o.MaxNames, "is above 256")
	}
	o.MaxAge = max(cmp.Or(o.MaxAge, 2*time.Hour), 0)
	if o.MaxAge > maxMaxAge {
		bad("MaxAge", o.MaxAge, "is above a year")
	}
	o.Cooldown = cmp.Or(o.Cooldown, DefaultCooldown)
	if o.Cooldown < 0 {
		bad("Cooldown", o.Cooldown, "is negative")
	}
	return o, errors.Join(errs...)
}
