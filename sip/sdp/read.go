package sdp

import (
	"bytes"
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
	plain, names, err := screen(op, body)
	if err != nil {
		return nil, err
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(plain); err != nil {
		return nil, invalid(op, "it is no session description: %.100s", err)
	}
	if len(d.MediaDescriptions) != len(names) {
		return nil, invalid(op, "it is no session description")
	}
	lines := make([]line, len(names))
	for i, m := range d.MediaDescriptions {
		lines[i].name = names[i]
		if spoken(names[i]) {
			lines[i].stream, lines[i].err = readStream(op, &d, m)
		}
	}
	return lines, nil
}

func spoken(name sdp.MediaName) bool {
	_, known := profile(name.Protos)
	return known && name.Media == "audio"
}

// screen checks the limits and returns the description with the lines that matter to us, in the
// order of RFC 8866 section 5, beside its m= lines as they came. pion refuses a whole description for
// a media type, protocol or kind of bandwidth it does not know, and for lines out of order, which
// real devices send; streams we do not speak become a bare placeholder.
func screen(op string, body []byte) (plain string, names []sdp.MediaName, err error) {
	if len(body) > maxBody {
		return "", nil, tooLarge(op, "it has %d bytes, at most %d", len(body), maxBody)
	}
	head := map[byte]string{'s': "-", 't': "0 0"}
	var session, media strings.Builder
	attributes, speak := 0, false
	for raw := range bytes.SplitSeq(body, []byte("\n")) {
		text := strings.TrimRight(string(raw), "\r \t")
		if text == "" {
			continue
		}
		if len(text) < 2 || text[1] != '=' || !printable(text) {
			return "", nil, invalid(op, "it has a line that is no line of a session description")
		}
		kind, value := text[0], text[2:]
		switch {
		case kind == 'm':
			name, err := readName(op, value)
			if err != nil {
				return "", nil, err
			}
			if names = append(names, name); len(names) > maxLines {
				return "", nil, tooLarge(op, "it has over %d streams", maxLines)
			}
			if attributes, speak = 0, spoken(name); !speak {
				text = "m=application 0 UDP 0"
			}
			media.WriteString(text + "\r\n")
		case kind == 'a':
			if attributes++; attributes > maxAttributes {
				return "", nil, tooLarge(op, "a stream has over %d attributes", maxAttributes)
			}
			if strings.HasPrefix(value, "crypto:") && len(value) > maxCrypto {
				return "", nil, tooLarge(op, "an a=crypto has over %d bytes", maxCrypto)
			}
			if names == nil {
				session.WriteString(text + "\r\n")
			} else if speak {
				media.WriteString(text + "\r\n")
			}
		case kind == 'c' && speak:
			media.WriteString(text + "\r\n")
		case names == nil && (kind == 'v' || kind == 'o' || kind == 'c'):
			if _, twice := head[kind]; twice {
				return "", nil, invalid(op, "it has two %c= lines", kind)
			}
			head[kind] = value
		}
	}
	var all strings.Builder
	for _, kind := range []byte("vosct") {
		value, ok := head[kind]
		if !ok && kind != 'c' {
			return "", nil, invalid(op, "it has no %c= line", kind)
		}
		if ok {
			all.WriteString(string(kind) + "=" + value + "\r\n")
		}
	}
	all.WriteString(session.String())
	all.WriteString(media.String())
	return all.String(), names, nil
}

// readName reads what stands after m=. The port of a stream we speak is read by pion.
func readName(op, value string) (sdp.MediaName, error) {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return sdp.MediaName{}, invalid(op, "an m= line has %d of 4 parts", len(fields))
	}
	if len(fields)-3 > maxFormats {
		return sdp.MediaName{}, tooLarge(op, "a stream has over %d formats", maxFormats)
	}
	return sdp.MediaName{Media: fields[0], Protos: strings.Split(fields[2], "/"), Formats: fields[3:]}, nil
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
