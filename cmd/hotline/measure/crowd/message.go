package crowd

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// message is what of a SIP message a caller needs. The server is known to write proper ones.
type message struct {
	raw     []byte
	status  int    // 0 for a request
	method  string // of CSeq
	callID  string
	to      string
	contact string // URI
	media   netip.AddrPort
}

// parse reads a message; raw stays valid as long as packet.
func parse(packet []byte) (message, bool) {
	m := message{raw: packet}
	head, body, _ := bytes.Cut(packet, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	if rest, found := strings.CutPrefix(lines[0], "SIP/2.0 "); found {
		code, _, _ := strings.Cut(rest, " ")
		status, err := strconv.Atoi(code)
		if err != nil {
			return m, false
		}
		m.status = status
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "call-id", "i":
			m.callID = value
		case "to", "t":
			m.to = value
		case "cseq":
			_, m.method, _ = strings.Cut(value, " ")
		case "contact", "m":
			_, uri, found := strings.Cut(value, "<")
			if uri, _, closed := strings.Cut(uri, ">"); found && closed {
				m.contact = uri
			}
		}
	}
	m.media = media(string(body))
	return m, m.callID != ""
}

// media returns where a session description wants its sound.
func media(body string) netip.AddrPort {
	var host netip.Addr
	var port uint64
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if text, found := strings.CutPrefix(line, "c=IN IP4 "); found {
			host, _ = netip.ParseAddr(text)
		}
		if text, found := strings.CutPrefix(line, "m=audio "); found {
			text, _, _ = strings.Cut(text, " ")
			port, _ = strconv.ParseUint(text, 10, 16)
		}
	}
	return netip.AddrPortFrom(host, uint16(port))
}

// ok returns the answer 200 to a request.
func (m message) ok() []byte {
	head, _, _ := bytes.Cut(m.raw, []byte("\r\n\r\n"))
	b := []byte("SIP/2.0 200 OK\r\n")
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq":
			b = append(append(b, line...), "\r\n"...)
		}
	}
	return append(b, "Content-Length: 0\r\n\r\n"...)
}

func localPort(conn *net.UDPConn) uint16 { return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }
