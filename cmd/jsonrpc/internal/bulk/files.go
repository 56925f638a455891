package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// files are those of a job.
type files struct {
	out        *bufio.Writer
	output     *os.File // nil if the output is none of ours
	checkpoint *checkpoint
	earlier    *earlier
	synced     time.Time
	made       int64 // calls up to this one an earlier run may have made
}

// open opens the output and the checkpoint.
func (j *Job) open() (*files, error) {
	if j.Path == "" {
		return &files{out: bufio.NewWriterSize(j.Output, 64<<10)}, nil
	}
	f := &files{}
	if err := j.openFiles(f); err != nil {
		f.close()
		return nil, err
	}
	f.checkpoint.atOnce = int64(max(j.Concurrency, 1)) * int64(max(j.BatchSize, 1))
	f.out = bufio.NewWriterSize(f.output, 64<<10)
	return f, nil
}

// openFiles opens those of a new run, or of the one to continue. All that it learns
// of that one it learns when no other run has it.
func (j *Job) openFiles(f *files) (err error) {
	flags := os.O_RDWR
	if !j.Resume {
		flags |= os.O_CREATE | os.O_EXCL
	}
	f.output, err = os.OpenFile(j.Path, flags, 0o666) //nolint:gosec // as a shell's > would make it
	switch {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s is there already: continue an interrupted run with --resume, or take another name", j.Path)
	case errors.Is(err, os.ErrNotExist) && j.Resume:
		return fmt.Errorf("there is nothing to continue: %s is not there", j.Path)
	case err != nil:
		return err
	case !lock(f.output):
		return fmt.Errorf("another run writes to %s: wait for its end", j.Path)
	case !j.Resume || j.neverBegan():
		f.checkpoint, err = createCheckpoint(j.Path+CheckpointSuffix, j.Ordered, j.Input)
		return err
	}
	return j.reopen(f)
}

// neverBegan reports whether the run to continue ended between making its output and
// the first line of its checkpoint, before any call.
func (j *Job) neverBegan() bool {
	output, err := os.Stat(j.Path)
	if err != nil || output.Size() > 0 {
		return false
	}
	text, err := os.ReadFile(j.Path + CheckpointSuffix)
	return errors.Is(err, os.ErrNotExist) || err == nil && !bytes.ContainsRune(text, '\n')
}

// reopen goes on with a run that was interrupted.
func (j *Job) reopen(f *files) (err error) {
	f.checkpoint, err = openCheckpoint(j.Path+CheckpointSuffix, j.Ordered, j.Input)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is nothing to continue: the run that wrote %s came to its end", j.Path)
	} else if err != nil {
		return fmt.Errorf("the checkpoint %s cannot be used: %w", j.Path+CheckpointSuffix, err)
	}
	f.made = f.checkpoint.made
	f.earlier, err = continueOutput(f.output, j.Ordered)
	return err
}

// flush hands outcomes to the system, and now and then to the disk.
func (f *files) flush() error {
	if err := f.out.Flush(); err != nil {
		return err
	}
	if f.output == nil || time.Since(f.synced) < syncEvery {
		return nil
	}
	f.synced = time.Now()
	return f.output.Sync()
}

// settle notes that every call that was made has its outcome on the disk.
func (f *files) settle() error {
	if f.output == nil {
		return nil
	}
	if err := f.output.Sync(); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return f.checkpoint.settle()
}

// complete ends a job that has come to its end: there is nothing to continue.
func (f *files) complete() error {
	if f.output == nil {
		return nil
	}
	c := f.checkpoint
	f.checkpoint = nil
	return c.done()
}

// close closes the files, and lets other runs have them.
func (f *files) close() {
	f.checkpoint.close()
	if f.output != nil {
		_ = f.output.Close()
	}
}
