package webrtc

import (
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline/media/codecs"
)

// Whatever is offered, what we answer is a description of our own making with as many lines as were offered.
func FuzzOffer(f *testing.F) {
	f.Add([]byte(goodOffer))
	f.Add([]byte(strings.ReplaceAll(goodOffer, "\n", "\r\n")))
	f.Add([]byte(strings.Replace(goodOffer, "a=sendrecv", "a=recvonly", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseOffer(b, codecs.Default())
		if err != nil {
			return
		}
		text := o.answer(credentials{"ours", "ours"}, "sha-256 00", stream{1, "name"}, []string{"candidate:1 1 udp 1 10.0.0.1 9 typ host"})
		var s sdp.SessionDescription
		if err := s.UnmarshalString(text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(s.MediaDescriptions) != len(o.lines) {
			t.Errorf("%d lines answer %d", len(s.MediaDescriptions), len(o.lines))
		}
		if n := strings.Count(text, "a=ice-ufrag:"); n != 1 || !strings.Contains(text, "a=ice-ufrag:ours\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
			t.Errorf("what was offered has got into our answer:\n%s", text)
		}
	})
}

func FuzzFragment(f *testing.F) {
	f.Add([]byte("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 x 0\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fragment, err := parseFragment(b)
		if err != nil {
			return
		}
		if fragment.theirs != (credentials{}) && fragment.theirs.validate() != nil {
			t.Errorf("took credentials %+v", fragment.theirs)
		}
		if len(fragment.candidates) > strings.Count(string(b), "\n")+1 {
			t.Errorf("%d candidates of %q", len(fragment.candidates), b)
		}
	})
}
