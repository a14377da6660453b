package console

import (
	"net/http"
	"strings"
)

// permissions names the features of a browser that the page could ask for
// (https://www.w3.org/TR/permissions-policy/): none but writing to the clipboard,
// for copying cells.
const permissions = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), " +
	"encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), " +
	"midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), " +
	"xr-spatial-tracking=()"

// policy is the Content-Security-Policy (https://www.w3.org/TR/CSP3/). The style
// source is for the one element in which the editor keeps its styles.
func policy(styleSource string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"connect-src 'self'",
		strings.TrimSpace("style-src 'self' " + styleSource),
		"img-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
}

// secure sets the headers that every answer has, and refuses what a page of another
// origin loads as a part of itself. A handler may replace Cache-Control and the
// policy.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy(""))
		header.Set("Cache-Control", "no-store")
		header.Set("Cross-Origin-Embedder-Policy", "require-corp")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", permissions)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		if foreign(r.Header) {
			http.Error(w, "this page is for itself alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign tells by the Fetch Metadata headers (https://www.w3.org/TR/fetch-metadata/)
// whether a page of another origin asks for something else than to go to this page.
// A request without them is no browser's, or an old one's: then the other headers
// have to do.
func foreign(header http.Header) bool {
	switch header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return header.Get("Sec-Fetch-Mode") != "navigate" || header.Get("Sec-Fetch-Dest") != "document"
}
