package browser

import (
	"os"
	"path/filepath"
	"strings"
)

// chromiumFlags returns the command line for a Chromium that keeps its files in
// dir and resolves only hosts.
func chromiumFlags(dir string, hosts []string) []string {
	flags := []string{
		"--headless",
		"--remote-debugging-port=0", // any that is free
		"--user-data-dir=" + dir,
		"--host-resolver-rules=" + resolverRules(hosts),
		"--disable-features=" + strings.Join(disabledFeatures, ","),
		"--enable-features=" + strings.Join(enabledFeatures, ","),

		// No connection beyond loopback, not even through a proxy.
		"--no-proxy-server",
		"--disable-background-networking",
		"--disable-breakpad",
		"--disable-client-side-phishing-detection",
		"--disable-component-update",
		"--disable-default-apps",
		"--disable-domain-reliability",
		"--disable-extensions",
		"--disable-sync",
		"--metrics-recording-only",
		"--no-first-run",
		"--no-pings",
		"--no-service-autorun",

		// The servers' certificates are self-signed, and they do not speak
		// HTTP/3.
		"--ignore-certificate-errors",
		"--disable-quic",

		// Mixed content is another standard's.
		"--allow-running-insecure-content",

		// The browsers say that they prefer the same language.
		"--accept-lang=en-US",

		// Tabs that nobody looks at are as fast as others.
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-hang-monitor",
		"--disable-ipc-flooding-protection", // of pages that do much at once
		"--disable-renderer-backgrounding",

		// In containers, /dev/shm is small and there is no GPU, nor a keyring
		// that is not locked.
		"--disable-dev-shm-usage",
		"--disable-gpu",
		"--password-store=basic",
		"--use-mock-keychain",
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // it does not start as root otherwise
	}
	return append(flags, "about:blank")
}

// resolverRules lets hosts and localhost resolve to loopback and all others to
// nothing. The first rule that fits applies, after those that exclude.
func resolverRules(hosts []string) string {
	var rules []string
	for _, host := range hosts {
		rules = append(rules, "MAP "+host+" 127.0.0.1")
	}
	rules = append(rules, "MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1")
	return strings.Join(rules, ",")
}

// disabledFeatures would change requests, or make some.
var disabledFeatures = []string{
	// Navigations go to http if the URL says so.
	"HttpsUpgrades",
	"HttpsFirstBalancedMode",
	"HttpsFirstBalancedModeAutoEnable",
	"HttpsFirstModeV2ForEngagedSites",
	"HttpsFirstModeV2ForTypicallySecureUsers",
	// Images in https pages come from http if the URL says so.
	"AutoupgradeMixedContent",
	// Every server is on loopback, so access to it needs no leave.
	"LocalNetworkAccessChecks",
	"LocalNetworkAccessChecksWebRTC",
	"LocalNetworkAccessChecksWebSockets",
	"LocalNetworkAccessChecksWebTransport",
	// Requests of the browser itself.
	"MediaRouter",
	"NetworkTimeServiceQuerying",
	"OptimizationHints",
	"Translate",
}

// enabledFeatures bring Chromium closer to the standards.
var enabledFeatures = []string{
	// New cookies without SameSite are Lax like old ones.
	"SameSiteDefaultChecksMethodRigorously",
}

// writeChromiumPreferences writes the settings for which there are no flags into
// a new profile.
func writeChromiumPreferences(dir string) error {
	// SameSite, and nothing else, decides on cookies of third parties.
	const preferences = `{"profile": {"cookie_controls_mode": 0}}`
	dir = filepath.Join(dir, "Default")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Preferences"), []byte(preferences), 0o600)
}
