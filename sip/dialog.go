package sip

import (
	"context"
	"net/netip"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/sip/screen"
)

// dialog is what both sides know of each other (RFC 3261 section 12). Its Leg guards it.
type dialog struct {
	id            dialogID
	local, remote party
	seq           uint32 // of our last request
	remoteSeq     uint32 // of the peer's last request
	heardSeq      bool   // whether there was one
	target        gosip.Uri
	routes        []gosip.Uri
	contact       gosip.Uri // ours
	network       string
	source        netip.AddrPort // the peer's first request came from; zero when we called
	listener      *listener      // it came to; nil when we called
	trunk         *trunk
	updates       bool // the peer allows UPDATE
}

// party is one side as From and To name it, without the tag.
type party struct {
	name   string
	uri    gosip.Uri
	params gosip.HeaderParams
}

func partyOf(name string, uri gosip.Uri, params gosip.HeaderParams) party {
	params = params.Clone()
	params.Remove("tag")
	return party{name, *uri.Clone(), params}
}

func (p party) tagged(tag string) gosip.HeaderParams {
	params := p.params.Clone()
	if tag != "" {
		params.Add("tag", tag)
	}
	return params
}

// recordRoutes returns the route set of a message in the order it has there.
func recordRoutes(m gosip.Message) []gosip.Uri {
	var routes []gosip.Uri
	for _, h := range m.GetHeaders("Record-Route") {
		if r, ok := h.(*gosip.RecordRouteHeader); ok {
			routes = append(routes, *r.Address.Clone())
		}
	}
	return routes
}

// contactOf returns the address of the one Contact of a message.
func contactOf(m gosip.Message) (gosip.Uri, bool) {
	for _, h := range m.GetHeaders("Contact") {
		if c, ok := h.(*gosip.ContactHeader); ok && !c.Address.Wildcard && c.Address.Host != "" {
			return *c.Address.Clone(), true
		}
	}
	return gosip.Uri{}, false
}

// callee is the dialog of a call that came to us (RFC 3261 section 12.1.1).
func callee(req *gosip.Request, tag string) dialog {
	d := dialog{
		id:        dialogID{req.CallID().Value(), tag, fromTag(req)},
		local:     partyOf(req.To().DisplayName, req.To().Address, req.To().Params),
		remote:    partyOf(req.From().DisplayName, req.From().Address, req.From().Params),
		remoteSeq: req.CSeq().SeqNo, heardSeq: true,
		routes: recordRoutes(req),
		source: addrOf(req.Source()),
		target: req.From().Address, // of an RFC 2543 peer without Contact
	}
	d.refresh(req)
	return d
}

// answered completes the dialog of a call that we placed from a response with a tag (RFC 3261
// section 12.1.2).
func (d *dialog) answered(res *gosip.Response) {
	d.id.remote = toTag(res)
	d.routes = recordRoutes(res)
	slices.Reverse(d.routes)
	d.refresh(res)
}

// refresh takes the peer's present address and abilities from a message that may change them.
func (d *dialog) refresh(m header) {
	if uri, ok := contactOf(m); ok {
		d.target = uri
	}
	if len(m.GetHeaders("Allow")) > 0 {
		d.updates = lists(m, string(gosip.UPDATE), "Allow")
	}
}

// request builds the next request of ours, but for its Via. ACK has the number of its INVITE.
func (d *dialog) request(method gosip.RequestMethod, seq uint32) *gosip.Request {
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") { // a strict router, RFC 3261 section 12.2.1.1
		uri, routes = routes[0], append(slices.Clone(routes[1:]), d.target)
	}
	req := newRequest(method, uri)
	for _, r := range routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *r.Clone()})
	}
	callID := gosip.CallIDHeader(d.id.callID)
	req.AppendHeader(&gosip.FromHeader{DisplayName: d.local.name, Address: *d.local.uri.Clone(), Params: d.local.tagged(d.id.local)})
	req.AppendHeader(&gosip.ToHeader{DisplayName: d.remote.name, Address: *d.remote.uri.Clone(), Params: d.remote.tagged(d.id.remote)})
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: seq, MethodName: method})
	if method != gosip.BYE {
		req.AppendHeader(&gosip.ContactHeader{Address: *d.contact.Clone()})
	}
	if method == gosip.INVITE || method == gosip.UPDATE {
		set(req, "Allow", screen.Allow)
		set(req, "Supported", screen.Supported)
	}
	return req
}

// next is where a request goes: to the first route, else to the peer.
func (d *dialog) next(req *gosip.Request) gosip.Uri {
	if len(d.routes) > 0 {
		return d.routes[0]
	}
	return req.Recipient
}

// aim gives a request of a dialog its way.
func (e *Endpoint) aim(ctx context.Context, d *dialog, req *gosip.Request) error {
	uri := d.next(req)
	h, ok := e.back(d, &uri)
	if !ok {
		var err error
		if h, err = e.resolve(ctx, &uri, d.network); err != nil {
			return err
		}
	}
	f, err := e.faceTo(ctx, h, d.listener, d.trunk)
	if err != nil {
		return err
	}
	direct(req, f, h)
	return nil
}

// back returns the way a request of the peer came, when that is how the peer is reached: it tells
// an address that means nothing here, or is at the other end of a connection that still stands.
func (e *Endpoint) back(d *dialog, uri *gosip.Uri) (hop, bool) {
	h := hop{network: d.network, addr: d.source, name: d.source.Addr().String()}
	if !d.source.IsValid() || len(d.routes) > 0 {
		return h, false
	}
	told, err := netip.ParseAddr(bare(uri.Host))
	hidden := err == nil && told.Unmap() != d.source.Addr() && isPrivate(told) && !isPrivate(d.source.Addr())
	if d.network == UDP {
		return h, hidden
	}
	same := err == nil && told.Unmap() == d.source.Addr()
	return h, (hidden || same) && e.streamsOf(d.network).find(d.source) != nil
}
