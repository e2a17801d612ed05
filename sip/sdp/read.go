package sdp

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/hotline-cc/hotline"
)

// How much of a foreign description is read. The rest of the work is linear in these.
const (
	maxBody       = 16 << 10 // bytes
	maxLines      = 16       // m= lines
	maxFormats    = 64       // of one m= line
	maxAttributes = 256      // of one m= line, and of the session
	maxCrypto     = 512      // bytes of one a=crypto line
)

// line is one m= line of a peer's description.
type line struct {
	name sdp.MediaName
	// stream is set for audio in one of the profiles we speak. err says what is wrong with it.
	stream *stream
	err    error
}

// profile reports whether we speak a transport protocol, and whether it wants SRTP. Feedback
// (RFC 4585) is neither asked for nor sent.
func profile(protos []string) (secure, known bool) {
	switch strings.Join(protos, "/") {
	case "RTP/AVP", "RTP/AVPF":
		return false, true
	case "RTP/SAVP", "RTP/SAVPF":
		return true, true
	}
	return false, false
}

// read returns the m= lines of a description.
func read(op string, body []byte) ([]line, error) {
	if len(body) > maxBody {
		return nil, tooLarge(op, "it has %d bytes, at most %d", len(body), maxBody)
	}
	screen := screen{op: op, head: map[byte]string{'s': "-", 't': "0 0"}}
	for text := range strings.SplitSeq(string(body), "\n") {
		if text = strings.TrimRight(text, "\r \t"); text == "" {
			continue
		}
		if err := screen.add(text); err != nil {
			return nil, err
		}
	}
	text, err := screen.text()
	if err != nil {
		return nil, err
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, invalid(op, "it is no session description: %.100s", err)
	}
	lines := make([]line, len(screen.names))
	for i, name := range screen.names {
		lines[i].name = name
		if spoken(name) {
			lines[i].stream, lines[i].err = readStream(op, &d, d.MediaDescriptions[i])
		}
	}
	return lines, nil
}

func spoken(name sdp.MediaName) bool {
	_, known := profile(name.Protos)
	return known && name.Media == "audio"
}

// screen is what of a description goes to pion: the lines that matter to us in the order of RFC 8866
// section 5. pion refuses a whole description for a media type, protocol or kind of bandwidth it
// does not know, and for lines out of order, all of which real devices send. A stream we do not
// speak becomes a bare placeholder.
type screen struct {
	op             string
	head           map[byte]string // session lines but attributes
	session, media strings.Builder
	names          []sdp.MediaName // the m= lines as they came
	attributes     int             // of the session or stream so far
	speak          bool            // the stream is one we speak
}

// add checks one line and sorts it in.
func (s *screen) add(text string) error {
	if len(text) < 2 || text[1] != '=' || !printable(text) {
		return invalid(s.op, "it has a line that is no line of a session description")
	}
	inSession := s.names == nil
	switch kind, value := text[0], text[2:]; {
	case kind == 'm':
		return s.stream(text)
	case kind == 'a':
		return s.attribute(text)
	case kind == 'c' && s.speak:
		s.media.WriteString(text + "\r\n")
	case inSession && (kind == 'v' || kind == 'o' || kind == 'c'):
		if _, twice := s.head[kind]; twice {
			return invalid(s.op, "it has two %c= lines", kind)
		}
		s.head[kind] = value
	}
	return nil
}

func (s *screen) stream(text string) error {
	fields := strings.Fields(text[2:])
	switch {
	case len(s.names) == maxLines:
		return tooLarge(s.op, "it has over %d streams", maxLines)
	case len(fields) < 4:
		return invalid(s.op, "an m= line has %d of 4 parts", len(fields))
	case len(fields)-3 > maxFormats:
		return tooLarge(s.op, "a stream has over %d formats", maxFormats)
	}
	// The port of a stream we speak is read by pion.
	name := sdp.MediaName{Media: fields[0], Protos: strings.Split(fields[2], "/"), Formats: fields[3:]}
	s.names = append(s.names, name)
	if s.attributes, s.speak = 0, spoken(name); !s.speak {
		text = "m=application 0 UDP 0"
	}
	s.media.WriteString(text + "\r\n")
	return nil
}

func (s *screen) attribute(text string) error {
	if s.attributes++; s.attributes > maxAttributes {
		return tooLarge(s.op, "it or a stream of it has over %d attributes", maxAttributes)
	}
	if strings.HasPrefix(text, "a=crypto:") && len(text) > maxCrypto {
		return tooLarge(s.op, "an a=crypto line has over %d bytes", maxCrypto)
	}
	switch {
	case s.names == nil:
		s.session.WriteString(text + "\r\n")
	case s.speak:
		s.media.WriteString(text + "\r\n")
	}
	return nil
}

// text returns the description for pion.
func (s *screen) text() (string, error) {
	var head strings.Builder
	for _, kind := range []byte("vosct") {
		switch value, ok := s.head[kind]; {
		case ok:
			head.WriteString(string(kind) + "=" + value + "\r\n")
		case kind != 'c':
			return "", invalid(s.op, "it has no %c= line", kind)
		}
	}
	return head.String() + s.session.String() + s.media.String(), nil
}

// printable reports whether a line holds no control characters, of which a bare CR would be a line
// end to some readers.
func printable(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(b byte) bool { return b < ' ' && b != '\t' || b == 0x7f })
}

func invalid(op, format string, args ...any) error {
	return hotline.Errorf(op, hotline.CodeInvalid, format, args...)
}

func tooLarge(op, format string, args ...any) error {
	return hotline.Errorf(op, hotline.CodeTooLarge, format, args...)
}

func unsupported(op, format string, args ...any) error {
	return hotline.Errorf(op, hotline.CodeUnsupported, format, args...)
}
