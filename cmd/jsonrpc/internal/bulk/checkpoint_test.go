package bulk

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestCheckpointRunsAhead: a kill makes unknown what the checkpoint ran ahead, so that
// it keeps to the pace of the server, of which calls that begin together tell nothing.
func TestCheckpointRunsAhead(t *testing.T) {
	const disk = 5 * time.Millisecond
	for name, tt := range map[string]struct {
		atOnce    int64
		took      time.Duration // by each of so many calls
		atMost    int64         // calls ahead, at any time
		atTheEnd  int64         // at least so many
		manyCalls int64
	}{
		"a slow server, one at a time":             {atOnce: 1, took: 3 * time.Second, atMost: 0, manyCalls: 100},
		"a slow server, four at a time":            {atOnce: 4, took: 3 * time.Second, atMost: 0, manyCalls: 100},
		"a slow server, many at a time":            {atOnce: 64, took: 3 * time.Second, atMost: 6, manyCalls: 1000},
		"ten calls a time that the disk takes":     {atOnce: 5, took: disk / 2, atMost: 256, atTheEnd: 100, manyCalls: 10_000},
		"a fast server, more at a time than ahead": {atOnce: 1000, took: disk, atMost: 256, atTheEnd: 256, manyCalls: 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := createCheckpoint(filepath.Join(t.TempDir(), "c"), true, "")
				if err != nil {
					t.Fatal(err)
				}
				defer c.close()
				c.atOnce = tt.atOnce
				for n := int64(1); n <= tt.manyCalls; n++ {
					if time.Sleep(time.Microsecond); n%tt.atOnce == 0 {
						time.Sleep(tt.took) // all of them come back together
					}
					before := c.made
					if err := c.reserve(n); err != nil {
						t.Fatal(err)
					}
					if c.made != before {
						c.took = disk
					}
					if ahead := c.made - n; ahead > tt.atMost {
						t.Fatalf("after %d calls it ran %d ahead, more than %d", n, ahead, tt.atMost)
					}
				}
				c.made = tt.manyCalls // where the disk is asked again
				if err := c.reserve(tt.manyCalls + 1); err != nil {
					t.Fatal(err)
				}
				if ahead := c.made - tt.manyCalls - 1; ahead < tt.atTheEnd {
					t.Errorf("at the end it ran %d ahead, want %d", ahead, tt.atTheEnd)
				}
			})
		})
	}
}
