package browsertest

import (
	"context"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// awaitPromise has an evaluation wait for the promise that it gives.
func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// violations has each document report its violations of the policy on the console,
// in words that no version of the browser changes.
const violations = `addEventListener("securitypolicyviolation", (e) => console.error(
	"CSP: " + e.effectiveDirective + " blocked " + e.blockedURI + " " + e.sample + " at " + e.sourceFile + ":" + e.lineNumber));`

// enable has the browser send its events.
func enable() chromedp.Action {
	return chromedp.Tasks{
		log.Enable(), runtime.Enable(), network.Enable(), audits.Enable(), inspector.Enable(), page.Enable(),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(violations).Do(ctx)
			return err
		}),
	}
}

// listen notes what the browser reports.
func (tab *Tab) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		switch event := event.(type) {
		case *log.EventEntryAdded:
			if event.Entry.Level == log.LevelError || event.Entry.Level == log.LevelWarning {
				tab.report("log: %s %s", event.Entry.Text, event.Entry.URL)
			}
		case *runtime.EventConsoleAPICalled:
			var words []string
			for _, argument := range event.Args {
				words = append(words, strings.Trim(string(argument.Value), `"`)+argument.Description)
			}
			tab.report("console.%s: %s", event.Type, strings.Join(words, " "))
		case *runtime.EventExceptionThrown:
			tab.report("exception: %v", event.ExceptionDetails)
		case *audits.EventIssueAdded:
			if details := event.Issue.Details; details != nil && details.ContentSecurityPolicyIssueDetails != nil {
				tab.report("CSP issue: %s %s", details.ContentSecurityPolicyIssueDetails.ViolatedDirective, details.ContentSecurityPolicyIssueDetails.BlockedURL)
			}
		case *inspector.EventTargetCrashed:
			tab.report("the tab crashed")
		case *network.EventRequestWillBeSent:
			tab.request(event.Request.URL)
		case *network.EventWebSocketCreated:
			tab.request(event.URL)
		}
	})
}

// request notes a request to another origin.
func (tab *Tab) request(address string) {
	target, err := url.Parse(address)
	if err != nil {
		tab.report("a request to %s", address)
		return
	}
	if origin := target.Scheme + "://" + target.Host; origin != tab.origin {
		tab.report("a request to another origin: %s", address)
	}
}
