// Package valkeycache is a preflight cache on a Valkey or Redis server.
package valkeycache
