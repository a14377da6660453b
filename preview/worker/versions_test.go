package worker

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/op-data/sqlpreview/preview/worker/temporaltest"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// TestVersions: a worker that is a version of a deployment gets no work until it is the
// current one; a preview stays on the version that began it, and the next one is the new
// version's.
func TestVersions(t *testing.T) {
	server := temporaltest.Start(t, temporaltest.Options{})
	keys, _ := keysOf(t, keyLine("a", 1))
	began, release := make(chan string, 10), make(chan struct{})
	connections := map[string]*Connection{}
	for _, version := range []string{"1", "2"} {
		connection := connectTo(t, server, Config{OrgID: "acme", Keys: keys, Identity: "version-" + version})
		runWorkerWith(t, connection, Options{Deployment: "agents", BuildID: version, Preview: func(ctx context.Context, request *previewv1.PreviewQueryRequest) (*previewv1.PreviewQueryResponse, error) {
			began <- version
			if request.GetRequestId() == "waits" {
				select {
				case <-release:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			return &previewv1.PreviewQueryResponse{RequestId: request.GetRequestId()}, nil
		}})
		connections[version] = connection
	}
	caller := connectTo(t, server, Config{OrgID: "acme", Keys: keys})
	setCurrent := func(version string) {
		t.Helper()
		deployment := caller.client.WorkerDeploymentClient().GetHandle("agents")
		var err error
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			// Until Temporal has seen the version poll.
			if _, err = deployment.SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: version}); err == nil {
				return
			}
		}
		t.Fatal(err)
	}
	// answeredBy asks, and again where no agent took the preview up: what is current
	// reaches every part of Temporal a little later.
	answeredBy := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; {
			_, err := caller.Preview(t.Context(), input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = "" }), nil)
			by := ""
			if err == nil {
				by = <-began
			}
			switch {
			case by == want:
				return
			case time.Now().After(deadline):
				t.Fatalf("answered by version %q, not %q: %v", by, want, err)
			}
		}
	}
	setCurrent("1")
	answeredBy("1")

	ended := make(chan error, 1)
	var run Run
	started := make(chan struct{})
	go func() {
		_, err := caller.Preview(t.Context(), input(func(in *previewv1.PreviewQueryWorkflowInput) { in.RequestId = "waits" }), func(r Run) {
			run = r
			close(started)
		})
		ended <- err
	}()
	<-started
	if by := <-began; by != "1" {
		t.Errorf("the preview that waits is on version %s", by)
	}
	setCurrent("2")
	answeredBy("2")
	close(release)
	if err := <-ended; err != nil {
		t.Errorf("the preview of the old version: %v", err)
	}
	for _, event := range historyOf(t, caller, run) {
		for _, by := range []string{
			event.GetWorkflowTaskCompletedEventAttributes().GetIdentity(), event.GetActivityTaskCompletedEventAttributes().GetIdentity(),
		} {
			if by != "" && by != connections["1"].Identity() {
				t.Errorf("%v is by %s", event.GetEventType(), by)
			}
		}
	}
}
