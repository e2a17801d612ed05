package webrtc

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"github.com/hotline-cc/hotline"
)

// fragment is what a PATCH tells: candidates, or other credentials for a restart (RFC 8840, RFC 9725 section 4.3).
type fragment struct {
	theirs     credentials // both "" where the fragment has none
	candidates []string
}

func parseFragment(b []byte) (fragment, error) {
	var f fragment
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, len(b)+1)
	for lines.Scan() {
		text := strings.TrimRight(lines.Text(), "\r ")
		if text == "" {
			continue
		}
		if len(text) < 2 || text[1] != '=' {
			return f, hotline.Errorf("read fragment", hotline.CodeInvalid, "a line is not of the form type=value")
		}
		key, value, _ := strings.Cut(text[2:], ":")
		switch {
		case text[0] != 'a':
		case key == "ice-ufrag":
			f.theirs.ufrag = value
		case key == "ice-pwd":
			f.theirs.pwd = value
		case key == "candidate":
			f.candidates = append(f.candidates, value)
		}
	}
	if f.theirs != (credentials{}) {
		if err := f.theirs.validate(); err != nil {
			return f, hotline.Errorf("read fragment", hotline.CodeInvalid, "%w", err)
		}
	}
	return f, nil
}

// answerFragment writes our side of a restart.
func answerFragment(l line, ours credentials, candidates []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-options:trickle\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", ours.ufrag, ours.pwd)
	fmt.Fprintf(&b, "m=audio 9 %s 0\r\n", l.proto)
	if l.mid != "" {
		fmt.Fprintf(&b, "a=mid:%s\r\n", l.mid)
	}
	for _, c := range candidates {
		fmt.Fprintf(&b, "a=%s\r\n", c)
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}
