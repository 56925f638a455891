package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"example.com/jsonrpc/cmd/jsonrpc/internal/bulk"
)

// A bulkProgress shows on a terminal how far a job is.
type bulkProgress struct {
	stop func()
}

// end takes the bar away.
func (p bulkProgress) end() { p.stop() }

// progress begins to show a bar on stderr, if a person looks at it and the
// outcomes do not go to the same place.
func (o *bulkOptions) progress(s *session, job *bulk.Job, input *bulkInput) bulkProgress {
	stderr, isFile := s.process.Stderr.(*os.File)
	if o.quiet || !isFile || !term.IsTerminal(int(stderr.Fd())) || o.output == "" && s.process.OutTerminal {
		return bulkProgress{func() {}}
	}
	return s.showProgress(stderr, job, input.size)
}

func (s *session) showProgress(w io.Writer, job *bulk.Job, size int64) bulkProgress {
	const often = 200 * time.Millisecond
	began := time.Now()
	container := mpb.New(mpb.WithOutput(w), mpb.WithWidth(64), mpb.WithRefreshRate(often))
	counts := decor.Any(func(decor.Statistics) string {
		n := job.Stats.Written.Load()
		text := fmt.Sprintf("%d calls, %.0f/s", n, float64(n)/max(time.Since(began).Seconds(), 0.001))
		if failed := job.Stats.Errors.Load() + job.Stats.Failures.Load(); failed > 0 {
			text += fmt.Sprintf(", %d failed", failed)
		}
		return text + " "
	})
	var bar *mpb.Bar
	if size > 0 {
		bar = container.AddBar(size, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(counts),
			mpb.AppendDecorators(decor.Percentage(), decor.Name(", "), decor.AverageETA(decor.ET_STYLE_HHMMSS), decor.Name(" left")))
	} else { // a pipe: nobody knows how much is to come
		bar = container.AddSpinner(0, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(counts))
	}
	s.above(container)
	done := make(chan struct{})
	var updates sync.WaitGroup
	updates.Go(func() {
		tick := time.NewTicker(often)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if size > 0 {
					bar.SetCurrent(min(job.Source.Consumed(), size-1))
				}
			}
		}
	})
	return bulkProgress{func() {
		close(done)
		updates.Wait()
		s.above(nil)
		bar.Abort(true)
		container.Wait()
	}}
}
