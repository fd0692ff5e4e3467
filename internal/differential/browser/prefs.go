package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// firefoxPrefs returns a user.js for a Firefox that resolves only hosts.
func firefoxPrefs(hosts []string) []byte {
	prefs := map[string]any{
		// These resolve to the same as localhost does, everything else to
		// nothing.
		"network.dns.localDomains": strings.Join(hosts, ","),
	}
	for _, group := range []map[string]any{loopbackPrefs, quietPrefs, fetchPrefs, cookiePrefs, protectionPrefs, backgroundPrefs} {
		maps.Copy(prefs, group)
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(prefs)) {
		value, err := json.Marshal(prefs[name])
		if err != nil {
			panic(err) // they are strings, integers and booleans
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", name, value)
	}
	return b.Bytes()
}

// loopbackPrefs keep connections on the machine.
var loopbackPrefs = map[string]any{
	"network.dns.disabled":    true,
	"network.dns.disableIPv6": true, // the servers listen on 127.0.0.1 only
	"network.proxy.type":      0,    // none, rather than the system's
	"network.trr.mode":        5,    // no DNS over HTTPS
}

// quietPrefs switch off what Firefox would connect to on its own. Without names
// nothing would come of it but retries.
var quietPrefs = map[string]any{
	"app.normandy.enabled":                                     false,
	"app.shield.optoutstudies.enabled":                         false,
	"app.update.auto":                                          false,
	"app.update.disabledForTesting":                            true,
	"browser.aboutwelcome.enabled":                             false,
	"browser.discovery.enabled":                                false,
	"browser.newtabpage.enabled":                               false,
	"browser.region.update.enabled":                            false,
	"browser.safebrowsing.blockedURIs.enabled":                 false,
	"browser.safebrowsing.downloads.enabled":                   false,
	"browser.safebrowsing.malware.enabled":                     false,
	"browser.safebrowsing.phishing.enabled":                    false,
	"browser.search.update":                                    false,
	"browser.shell.checkDefaultBrowser":                        false,
	"browser.startup.homepage_override.mstone":                 "ignore",
	"browser.startup.page":                                     0,
	"browser.topsites.contile.enabled":                         false,
	"datareporting.healthreport.uploadEnabled":                 false,
	"datareporting.policy.dataSubmissionEnabled":               false,
	"datareporting.usage.uploadEnabled":                        false,
	"dom.push.connection.enabled":                              false,
	"extensions.blocklist.enabled":                             false,
	"extensions.getAddons.cache.enabled":                       false,
	"extensions.systemAddon.update.enabled":                    false,
	"extensions.update.enabled":                                false,
	"geo.provider.network.url":                                 "",
	"media.gmp-manager.url":                                    "",
	"network.captive-portal-service.enabled":                   false,
	"network.connectivity-service.enabled":                     false,
	"nimbus.rollouts.enabled":                                  false,
	"privacy.fingerprintingProtection.remoteOverrides.enabled": false,
	"security.OCSP.enabled":                                    0,
	"security.pki.crlite_mode":                                 0,
	"security.remote_settings.intermediates.enabled":           false,
	"services.settings.server":                                 "data:,",
	"toolkit.telemetry.server":                                 "",
	"toolkit.telemetry.unified":                                false,
}

// fetchPrefs let plain requests through as scripts ask for them.
var fetchPrefs = map[string]any{
	// Mixed content is another standard's.
	"security.mixed_content.block_active_content":    false,
	"security.mixed_content.block_display_content":   false,
	"security.mixed_content.upgrade_display_content": false,
	// Nor are https-only modes of this one.
	"dom.security.https_first":            false,
	"dom.security.https_first_pbm":        false,
	"dom.security.https_first_schemeless": false,
	"dom.security.https_only_mode":        false,
	"dom.security.https_only_mode_pbm":    false,
	// Every server is on loopback, so access to it needs no leave.
	"network.lna.blocking":                false,
	"network.lna.block_insecure_contexts": false,
	"network.lna.block_trackers":          false,
	"network.lna.enabled":                 false,
	"network.lna.etp.enabled":             false,
	"network.lna.websocket.enabled":       false,
	// Referrer policies apply as they are given, to other sites too.
	"network.http.referer.XOriginPolicy":                                          0,
	"network.http.referer.XOriginTrimmingPolicy":                                  0,
	"network.http.referer.disallowCrossSiteRelaxingDefault":                       false,
	"network.http.referer.disallowCrossSiteRelaxingDefault.pbmode":                false,
	"network.http.referer.disallowCrossSiteRelaxingDefault.pbmode.top_navigation": false,
	"network.http.referer.disallowCrossSiteRelaxingDefault.top_navigation":        false,
	// The servers speak HTTP/1.1 and HTTP/2 and see only requests that a script
	// made.
	"network.dns.disablePrefetch":             true,
	"network.dns.upgrade_with_https_rr":       false,
	"network.early-hints.preconnect.enabled":  false,
	"network.http.altsvc.enabled":             false,
	"network.http.http3.enable":               false,
	"network.http.speculative-parallel-limit": 0,
	"network.prefetch-next":                   false,
	// The browsers say that they prefer the same language, and nothing that a
	// user has to choose.
	"intl.accept_languages":                "en-US",
	"privacy.donottrackheader.enabled":     false,
	"privacy.globalprivacycontrol.enabled": false,
}

// cookiePrefs make SameSite, and nothing else, decide on cookies.
var cookiePrefs = map[string]any{
	"network.cookie.cookieBehavior":                          0, // third-party ones are neither blocked nor partitioned
	"network.cookie.cookieBehavior.pbmode":                   0,
	"network.cookie.cookieBehavior.optInPartitioning":        false,
	"network.cookie.cookieBehavior.optInPartitioning.pbmode": false,
	"network.cookie.sameSite.laxByDefault":                   true,
	"network.cookie.sameSite.laxPlusPOST.timeout":            0, // however new a cookie is
	"network.cookie.sameSite.noneRequiresSecure":             true,
	"network.cookie.sameSite.schemeful":                      true,
}

// protectionPrefs switch off what protects users from trackers.
var protectionPrefs = map[string]any{
	"browser.contentblocking.category":                  "custom", // a level would set the others
	"privacy.annotate_channels.strict_list.enabled":     false,
	"privacy.bounceTrackingProtection.mode":             0,
	"privacy.fingerprintingProtection":                  false,
	"privacy.fingerprintingProtection.pbmode":           false,
	"privacy.query_stripping.enabled":                   false,
	"privacy.query_stripping.enabled.pbmode":            false,
	"privacy.resistFingerprinting":                      false,
	"privacy.socialtracking.block_cookies.enabled":      false,
	"privacy.trackingprotection.annotate_channels":      false,
	"privacy.trackingprotection.cryptomining.enabled":   false,
	"privacy.trackingprotection.emailtracking.enabled":  false,
	"privacy.trackingprotection.enabled":                false,
	"privacy.trackingprotection.fingerprinting.enabled": false,
	"privacy.trackingprotection.pbmode.enabled":         false,
	"privacy.trackingprotection.socialtracking.enabled": false,
}

// backgroundPrefs keep tabs that nobody looks at as fast as the others.
var backgroundPrefs = map[string]any{
	"browser.tabs.unloadOnLowMemory":                             false,
	"dom.ipc.processPriorityManager.enabled":                     false,
	"dom.min_background_timeout_value":                           4,
	"dom.min_background_timeout_value_without_budget_throttling": 4,
	"dom.timeout.enable_budget_timer_throttling":                 false,
	"network.http.active_tab_priority":                           false,
	"network.http.tailing.enabled":                               false,
}
