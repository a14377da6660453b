package browsertest

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// recorder is a test that notes its failures.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.failures = append(r.failures, strings.TrimSpace(format))
	for _, argument := range arguments {
		if text, ok := argument.(string); ok {
			r.failures[len(r.failures)-1] += " " + text
		}
	}
}

func (r *recorder) Cleanup(end func()) { r.cleanups = append(r.cleanups, end) }

// TestReports: what a page does wrong fails its test, and nothing else does.
func TestReports(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, policy, script string
		want                 string // in the failures; "" for none
	}{
		{"a good page", "script-src 'self'", "document.title = 'good'", ""},
		{"an error on the console", "", "console.error('broken')", "broken"},
		{"a value on the console", "", "console.log('a value')", "a value"},
		{"an exception", "", "throw new Error('thrown')", "thrown"},
		{"a promise that nobody looks at", "", "Promise.reject(new Error('rejected'))", "rejected"},
		{"a violation of the policy", "default-src 'none'; script-src 'self'", "document.body.setAttribute('style', 'color: red')", "CSP: style-src-attr"},
		{"markup from text", "require-trusted-types-for 'script'", "try { document.body.innerHTML = '<p>' } catch {}", "CSP: require-trusted-types-for"},
		{"a request to another host", "", "fetch('http://example.com/').catch(() => {})", "another origin: http://example.com/"},
		{"a request to another port", "", "fetch('http://127.0.0.1:9/').catch(() => {})", "another origin: http://127.0.0.1:9/"},
		{"a missing file", "", "fetch('/missing')", "404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", test.policy)
				switch r.URL.Path {
				case "/":
					w.Header().Set("Content-Type", "text/html")
					_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="/icon"><body><script src="/script"></script>`))
				case "/icon":
				case "/script":
					w.Header().Set("Content-Type", "text/javascript")
					_, _ = w.Write([]byte(test.script + ";\nglobalThis.ran = true"))
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			t.Cleanup(server.Close)
			inner := &recorder{TB: t}
			tab := Open(inner, server.URL+"/", Options{})
			if test.name == "a missing file" {
				tab.WaitFor("performance.getEntriesByName(location.origin + '/missing').length == 1")
			}
			for _, end := range inner.cleanups {
				end()
			}
			failures := strings.Join(inner.failures, "\n")
			if (test.want == "") != (failures == "") || !strings.Contains(failures, test.want) {
				t.Errorf("want %q, got:\n%s", test.want, failures)
			}
		})
	}
}

// TestOptions: the page sees the window and the preference that were asked for, and
// what is expected is no failure.
func TestOptions(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close) // after the browser, which may still ask for an icon
	tab := Open(t, server.URL, Options{Width: 360, Height: 640, Dark: true, Expect: regexp.MustCompile(`status of 401`)})
	var seen struct {
		Width, Height int
		Dark          bool
		Status        int
	}
	tab.Eval(`(async () => ({width: innerWidth, height: innerHeight, dark: matchMedia("(prefers-color-scheme: dark)").matches,
		status: (await fetch("/closed")).status}))()`, &seen)
	if seen.Width != 360 || seen.Height != 640 || !seen.Dark || seen.Status != 401 {
		t.Errorf("seen: %+v", seen)
	}
}
