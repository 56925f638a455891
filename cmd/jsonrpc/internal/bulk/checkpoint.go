package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// A checkpoint is a file beside the output that says which calls may have been
// made. It is written, and flushed to the disk, before they are: what it names and
// the output lacks may have been carried out, or not; nobody can tell.
//
//	jsonrpc-bulk 1 ordered 1f2e…   the version, the order, a hash of the input's start
//	256                            calls up to this one may have been made
//	512
//	settled                        the output has the outcome of each that was made
type checkpoint struct {
	file *os.File
	made int64

	atOnce int64         // calls that can begin at the same time, however slow the server is
	needed int64         // the calls of the reservation from which the pace is measured
	since  time.Time     // when that was made
	pace   float64       // calls a second, as last measured; 0 if they were too few for that
	took   time.Duration // by the disk, for the last reservation
}

// CheckpointSuffix is that of the file beside the output.
const CheckpointSuffix = ".checkpoint"

const (
	checkpointMagic = "jsonrpc-bulk 1"
	settled         = "settled"
)

// createCheckpoint begins one.
func createCheckpoint(path string, ordered bool, input string) (*checkpoint, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{file: f}
	if err := c.line(header(ordered, input)); err != nil {
		_ = f.Close()
		return nil, err
	}
	return c, nil
}

func header(ordered bool, input string) string {
	order := "unordered"
	if ordered {
		order = "ordered"
	}
	return checkpointMagic + " " + order + " " + input
}

// openCheckpoint goes on with one of the same order and input.
func openCheckpoint(path string, ordered bool, input string) (*checkpoint, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{file: f}
	if err := c.read(ordered, input); err != nil {
		_ = f.Close()
		return nil, err
	}
	return c, nil
}

func (c *checkpoint) read(ordered bool, input string) error {
	text, err := io.ReadAll(bufio.NewReader(c.file))
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(text, '\n') + 1 // a line that was cut was not relied on
	lines := strings.Split(strings.TrimSuffix(string(text[:whole]), "\n"), "\n")
	words := strings.Fields(lines[0])
	switch {
	case !strings.HasPrefix(lines[0], checkpointMagic+" ") || len(words) != 4:
		return errors.New("it is no checkpoint of this command")
	case words[3] != input:
		return errors.New("it is that of another input")
	case lines[0] != header(ordered, input):
		return errors.New("its run wrote results in another order: give the same flags")
	}
	for _, line := range lines[1:] {
		if line == settled {
			c.made = 0
			continue
		}
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil || n < c.made {
			return errors.New("it is damaged")
		}
		c.made = n
	}
	if err := c.file.Truncate(int64(whole)); err != nil {
		return err
	}
	_, err = c.file.Seek(int64(whole), io.SeekStart)
	return err
}

// line adds a line and has it on the disk when it returns.
func (c *checkpoint) line(text string) error {
	if _, err := c.file.WriteString(text + "\n"); err != nil {
		return err
	}
	return c.file.Sync()
}

// reserve notes that calls up to n, not included, may have been made from now on,
// and some more, so that the disk is not asked for each.
func (c *checkpoint) reserve(n int64) error {
	if c == nil || n <= c.made {
		return nil
	}
	began := time.Now()
	c.made = n + c.ahead(n, began)
	if err := c.line(strconv.FormatInt(c.made, 10)); err != nil {
		return err
	}
	c.took = time.Since(began)
	if c.since.IsZero() {
		c.needed, c.since = n, time.Now()
	}
	return nil
}

// mostAhead bounds what ahead returns.
const mostAhead = 256

// ahead is how many calls are made, at the pace of now, in the time after which the
// disk may be asked again: waiting for it is to take a twentieth of the time. A
// kill makes as many unknown that were never made.
func (c *checkpoint) ahead(n int64, now time.Time) int64 {
	const share = 20
	return min(int64(c.measure(n, now)*share*c.took.Seconds()), mostAhead)
}

// measure returns the pace in calls a second. Some calls begin at the same time, when
// a run does and whenever the server has answered several together: only more of
// them tell a pace.
func (c *checkpoint) measure(n int64, now time.Time) float64 {
	calls, passed := n-c.needed, now.Sub(c.since).Seconds()
	if c.since.IsZero() || passed <= 0 {
		return c.pace
	}
	pace := float64(calls) / passed
	if calls <= min(2*c.atOnce, mostAhead) {
		return min(pace, c.pace)
	}
	c.needed, c.since, c.pace = n, now, pace
	return pace
}

// settle notes that no call is left whose outcome is unknown.
func (c *checkpoint) settle() error {
	c.made, c.since, c.pace = 0, time.Time{}, 0
	return c.line(settled)
}

// done removes the checkpoint of a run that has ended.
func (c *checkpoint) done() error {
	if c == nil {
		return nil
	}
	name := c.file.Name()
	if err := c.file.Close(); err != nil {
		return err
	}
	return os.Remove(name)
}

func (c *checkpoint) close() {
	if c != nil {
		_ = c.file.Close()
	}
}
