package manpage

import (
	"testing"
	"time"
)

func TestPage(t *testing.T) {
	page := &Page{
		Name: "pet-feed", About: "feed a pet", Version: "pet v1", Date: time.Unix(0, 0), SeeAlso: []string{"pet", "pet-find"},
		Help: `USAGE
  pet feed [flags] PET

Feeds PET
with care.

.not a request, 'nor this:

  a \ literal
    block

  of two

More.

EXAMPLES
  $ pet feed 'Mr Cat'

FOOD FLAGS
  -f, --food KIND   what it eats:
                    fish or mice
      --dry         no water
      --a-flag-with-a-long-name 'NAME: VALUE'   long

See also elsewhere.
`,
	}
	const want = `.TH "PET\-FEED" 1 1970-01-01 "pet v1"
.SH "NAME"
pet\-feed \- feed a pet
.SH "SYNOPSIS"
.EX
pet feed [flags] PET
.EE
.SH "DESCRIPTION"
Feeds PET
with care.
.PP
\&.not a request, \(aqnor this:
.PP
.EX
a \e literal
  block

of two
.EE
.PP
More.
.SH "FOOD FLAGS"
.TP
\fB\-f, \-\-food\fR \fIKIND\fR
what it eats: fish or mice
.TP
\fB\-\-dry\fR
no water
.TP
\fB\-\-a\-flag\-with\-a\-long\-name\fR \fI\(aqNAME: VALUE\(aq\fR
long
.PP
See also elsewhere.
.SH "EXAMPLES"
.EX
$ pet feed \(aqMr Cat\(aq
.EE
.SH "SEE ALSO"
\fBpet\fR(1),
\fBpet\-find\fR(1)
`
	if got := page.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}
