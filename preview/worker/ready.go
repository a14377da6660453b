package worker

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// pollFresh is how old the last poll of a worker that polls may be: a poll is open
// for a minute at most, and then followed by the next one.
const pollFresh = 2 * time.Minute

// Polled returns why previews do not come here now, nil if they do: Temporal is
// asked whether this worker polls the queue, for workflows and for activities.
func (w *Worker) Polled(ctx context.Context) error {
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		queue, err := w.connection.client.DescribeTaskQueue(ctx, Queue(w.connection.config.OrgID), kind)
		if err != nil {
			return connectError(err)
		}
		polled := false
		for _, poller := range queue.GetPollers() {
			polled = polled || poller.GetIdentity() == w.connection.config.Identity && time.Since(poller.GetLastAccessTime().AsTime()) < pollFresh
		}
		if !polled {
			return errors.New("worker: Temporal does not see this worker poll the queue")
		}
	}
	return nil
}
