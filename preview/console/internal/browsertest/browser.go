// Package browsertest runs a page in a real browser, Chromium, for tests.
//
// A [Tab] belongs to one test and has a browser of its own: headless, with a
// throw-away profile, and without any way to another host. What the browser reports
// while the page runs fails the test: errors and warnings on the console, uncaught
// exceptions, violations of the Content-Security-Policy, requests to other origins
// than the page's.
//
// Chromium is the program that OP_PREVIEW_TEST_CHROMIUM names, or one of its usual
// names in PATH. A machine without it skips the test, but for CI.
package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	// programVariable names the variable with the path of the browser.
	programVariable = "OP_PREVIEW_TEST_CHROMIUM"
	// screenshotsVariable names the variable with the folder that screenshots are
	// written to.
	screenshotsVariable = "OP_PREVIEW_TEST_SCREENSHOTS"
	// timeout bounds a test's use of the browser, on a machine that is busy.
	timeout = 3 * time.Minute
	// closeTimeout bounds the end of the browser in good order.
	closeTimeout = 20 * time.Second
)

// Options says how a page is looked at.
type Options struct {
	// Width and Height are those of the window, in CSS pixels. Default 1280 x 800.
	Width, Height int
	// Dark is the user's preference for a dark page.
	Dark bool
	// Expect matches reports that do not fail the test, such as the browser's line about
	// an answer of status 401. Default: none.
	Expect *regexp.Regexp
}

// Tab is a tab of a browser of its own.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	origin string
	expect *regexp.Regexp

	mu      sync.Mutex
	done    bool
	reports []string
}

// program finds the browser.
func program() string {
	if path := os.Getenv(programVariable); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if runtime.GOOS == "darwin" {
		for _, path := range []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"} {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

// Open opens address in a new browser and waits until it has loaded. Requests may go
// to its origin alone. The browser ends with the test; then the test fails if there
// were reports that Options.Expect does not match.
func Open(t testing.TB, address string, options Options) *Tab {
	t.Helper()
	path := program()
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("Chromium is missing; .ci/setup installs it")
		}
		t.Skip("without Chromium, the tests in a browser are left out (on Debian: apt-get install chromium)")
	}
	target, err := url.Parse(address)
	if err != nil {
		t.Fatalf("the address: %v", err)
	}
	if options.Width == 0 || options.Height == 0 {
		options.Width, options.Height = 1280, 800
	}
	tab := &Tab{t: t, origin: target.Scheme + "://" + target.Host, expect: options.Expect}
	tab.start(path, options)
	tab.Run(
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: map[bool]string{true: "dark", false: "light"}[options.Dark]},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}),
		chromedp.EmulateViewport(int64(options.Width), int64(options.Height)),
		chromedp.Navigate(address),
	)
	return tab
}

// start starts the browser and has it end with the test.
func (tab *Tab) start(path string, options Options) {
	home, err := os.MkdirTemp("", "browsertest-")
	if err != nil {
		tab.t.Fatal(err)
	}
	arguments := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		// Chromium writes elsewhere than into its profile, too.
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "TMPDIR="+home),
		chromedp.WindowSize(options.Width, options.Height),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		// The page's own time is what tests look at.
		chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	if os.Geteuid() == 0 { // Chromium refuses to run as root within its sandbox
		arguments = append(arguments, chromedp.NoSandbox)
	}
	allocated, stopAllocator := chromedp.NewExecAllocator(context.WithoutCancel(tab.t.Context()), arguments...)
	ctx, stop := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {
		// What this version of the library does not know of a newer browser.
	}))
	// The library ties the life of the browser to the context of the first action,
	// which must therefore not be the one that bounds the test.
	started := chromedp.Run(ctx)
	var stopClock context.CancelFunc
	tab.ctx, stopClock = context.WithTimeout(ctx, timeout)
	tab.t.Cleanup(func() {
		if started == nil {
			tab.finish()
			closing, forget := context.WithTimeout(ctx, closeTimeout)
			_ = chromedp.Cancel(closing) // asks the browser to close; what follows ends it in any case
			forget()
		}
		stopClock()
		stop()
		stopAllocator()
		if started == nil {
			chromedp.FromContext(ctx).Allocator.Wait()
		}
		if err := removeAll(home); err != nil {
			tab.t.Errorf("the browser's folder is left behind: %v", err)
		}
	})
	if started != nil {
		tab.t.Fatalf("Chromium did not start: %v", started)
	}
	tab.listen(tab.ctx)
	tab.Run(enable(), browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorDeny))
}

// removeAll removes a folder in which processes that are just ending may still
// write.
func removeAll(folder string) (err error) {
	for range 50 {
		if err = os.RemoveAll(folder); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// Run carries out actions and fails the test at the first that fails.
func (tab *Tab) Run(actions ...chromedp.Action) {
	tab.t.Helper()
	if err := chromedp.Run(tab.ctx, actions...); err != nil {
		tab.t.Fatalf("in the browser: %v\nreports: %s", err, strings.Join(tab.Reports(), "\n"))
	}
}

// Context is for chromedp.Run, where an error is no failure.
func (tab *Tab) Context() context.Context { return tab.ctx }

// Eval evaluates an expression, waits for its promise if it is one, and stores what
// it gives in into, as JSON does.
func (tab *Tab) Eval(expression string, into any) {
	tab.t.Helper()
	tab.Run(chromedp.Evaluate(expression, into, awaitPromise))
}

// WaitFor waits until an expression is true.
func (tab *Tab) WaitFor(expression string) {
	tab.t.Helper()
	var met bool
	if err := chromedp.Run(tab.ctx, chromedp.Poll(expression, &met, chromedp.WithPollingInterval(10*time.Millisecond), chromedp.WithPollingTimeout(time.Minute))); err != nil {
		tab.t.Fatalf("%s did not become true: %v\nreports: %s", expression, err, strings.Join(tab.Reports(), "\n"))
	}
}

// Screenshot writes what is seen to NAME.png, for a person to look at, in the folder
// that OP_PREVIEW_TEST_SCREENSHOTS names; without it, nowhere.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	var picture []byte
	tab.Run(chromedp.CaptureScreenshot(&picture))
	folder := os.Getenv(screenshotsVariable)
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil { //nolint:gosec // whoever runs the tests names the folder
		tab.t.Errorf("the screenshot: %v", err)
	}
}

// Reports lists what the browser has reported so far.
func (tab *Tab) Reports() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.reports...)
}

// report notes what the browser reports.
func (tab *Tab) report(format string, arguments ...any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if !tab.done {
		tab.reports = append(tab.reports, fmt.Sprintf(format, arguments...))
	}
}

// finish fails the test for reports that were not expected.
func (tab *Tab) finish() {
	// A last answer of the page comes after the events before it.
	_ = chromedp.Run(tab.ctx, chromedp.Evaluate("1", nil))
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.done = true
	for _, report := range tab.reports {
		if tab.expect == nil || !tab.expect.MatchString(report) {
			tab.t.Errorf("the browser reports: %s", report)
		}
	}
}
