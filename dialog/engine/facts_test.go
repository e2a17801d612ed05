package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

func TestWhatIsConfirmed(t *testing.T) {
	check(t, []rule{
		{name: "a number with a district that was said is filed at once", turns: []string{lamp, "望岭大道二十六号 西岭区"}, wants: []string{"noted address+district", "file new", "no confirm"}},
		{name: "a place without a number is read back with the district it lies in", turns: []string{lamp, "望岭大道"}, wants: []string{"confirm address+district", "no file"}},
		{name: "a number whose district was inferred is read back", turns: []string{lamp, "望岭大道二十六号"}, wants: []string{"confirm address+district"}},
		{name: "yes files", turns: []string{lamp, "望岭大道", "对"}, wants: []string{"file new"}},
		{name: "key 1 is yes", turns: []string{lamp, "望岭大道", "!1"}, wants: []string{"file new"}},
		{name: "key 2 is no", turns: []string{lamp, "望岭大道", "!2"}, wants: []string{"ask which_is_wrong"}},
		{name: "no asks what is wrong", turns: []string{lamp, "望岭大道", "不对"}, wants: []string{"ask which_is_wrong", "no file"}},
		{name: "a second no asks anew", turns: []string{lamp, "望岭大道", "不对", "不对"}, wants: []string{"ask"}},
		{name: "no with what is right corrects and reads all back", turns: []string{lamp, "望岭大道", "不对 是松涛路"}, wants: []string{"correct address 望岭大道 松涛路", "confirm address+district"}},
		{name: "yes with more adds to it", turns: []string{lamp, "望岭大道", "对 二十六号"}, wants: []string{"correct address 望岭大道 望岭大道26号", "file new"}},
		{name: "saying it again is yes", turns: []string{lamp, "望岭大道", "就在望岭大道"}, wants: []string{"file new"}},
		{name: "a question in between is answered first", turns: []string{lamp, "望岭大道", "你们中午休息吗"}, wants: []string{"answer kb.hall.time", "resume", "confirm address"}},
		{name: "a telephone number is read back in groups", turns: []string{lamp, "望岭大道二十六号 西岭区", "换个号", "15400003237"}, wants: []string{"readback phone", "say 跟您核对一下，联系电话幺五四，零零零零，三二三七"}},
		{name: "a part of it is corrected", turns: []string{lamp, "望岭大道二十六号 西岭区", "换个号", "15400003327", "不对 后四位是三二三七"}, wants: []string{"correct phone 15400003327 15400003237", "readback phone"}},
		{name: "the number of the call need not be read back", turns: []string{lamp, "望岭大道二十六号 西岭区", "可以"}, wants: []string{"file update 261124000017"}},
		{name: "a correction in the same breath is told", turns: []string{lamp, "在东湖区 哦不 南浦区 码头街二十号"}, wants: []string{"correct district 东湖区 南浦区"}},
		{name: "namesakes are told apart", turns: []string{lamp, "幸福小区"}, wants: []string{"disambiguate address 东湖区幸福小区+西岭区幸福小区"}},
		{name: "by name", turns: []string{lamp, "幸福小区", "西岭那个"}, wants: []string{"slot address 幸福小区", "confirm address"}},
		{name: "by number", turns: []string{lamp, "幸福小区", "第二个"}, wants: []string{"slot address 幸福小区", "confirm address"}},
		{name: "by key", turns: []string{lamp, "幸福小区", "!1"}, wants: []string{"slot district 东湖区"}},
	})
}

func TestAnswersToQuestions(t *testing.T) {
	check(t, []rule{
		{name: "a place that is not known is said so", turns: []string{lamp, "在那边"}, wants: []string{"reject address unknown"}},
		{name: "a number with a wrong check digit is refused", turns: []string{"催一下我的工单", "261020000318"}, wants: []string{"reject ticket checksum", "ask ticket"}},
		{name: "a number comes in groups", turns: []string{"催一下我的工单", "二六幺零二零"}, wants: []string{"partial ticket", "say 嗯，您接着说"}},
		{name: "who types sees what is missing", chat: true, turns: []string{"催一下我的工单", "261020"}, wants: []string{"reject ticket too_short"}},
		{name: "a number is keyed in", turns: []string{"催一下我的工单", "!261020000319"}, wants: []string{"slot ticket 261020000319", "readback ticket"}},
		{name: "0 is a digit inside of a number", turns: []string{"催一下我的工单", "!2610"}, wants: []string{"no handover"}},
		{name: "# ends a number that is too short", turns: []string{"催一下我的工单", "!2610#"}, wants: []string{"reject ticket too_short"}},
		{name: "what need not be known is done without", turns: []string{"催一下我的工单", "没有单号"}, wants: []string{"skip ticket", "handover general no_ticket"}},
		{name: "a question is answered and asked back to", turns: []string{lamp, "身份证丢了怎么补办"}, wants: []string{"answer kb.id.lost", "resume address", "no slot"}},
		{name: "whoever will not be called is not", turns: []string{lamp, "望岭大道二十六号 西岭区", "不用联系我"}, wants: []string{"skip phone", "file update"}},
		{name: "who leaves no number is not asked for it", turns: []string{"我要匿名举报路灯电线外露", "望岭大道二十六号 西岭区"}, wants: []string{"file new", "no ask phone"}},
	})
}

func TestFactsOfOneMatterAreNotThoseOfTheNext(t *testing.T) {
	c := call(t, "yunzhou", hotline.ChannelPhone)
	for _, line := range []string{lamp, "望岭大道二十六号 西岭区", "可以", "我还要投诉楼下饭店油烟"} {
		c.turn(line)
	}
	got := map[string]string{}
	for name, f := range c.state.Facts {
		got[name] = f.Value
	}
	if diff := cmp.Diff(map[string]string{"phone": "15400001234"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"我还要投诉楼下饭店油烟"}, c.state.Story); diff != "" {
		t.Error(diff)
	}
}

func TestAnOrderHoldsWhatWasSaid(t *testing.T) {
	c := call(t, "yunzhou", hotline.ChannelChat)
	for _, line := range []string{"我们二十多个工人的工钱没给 拖了三个月", "云州昌盛劳务", "城关大街安置房工地", "十七万", "对"} {
		c.turn(line)
	}
	var order dialog.Order
	for _, a := range c.actions {
		if f, ok := a.(dialog.File); ok {
			order = f.Order
		}
	}
	want := dialog.Order{
		Kind: "new", Act: "complain", Category: "labor.wage", Owner: "dept.rsj", DispatchTo: "district.qingshi", Urgency: "urgent", Flags: []string{"group_risk"},
		Facts: map[string]string{"org": "云州昌盛劳务", "address": "城关大街安置房工地", "district": "青石县", "amount": "170000", "time": "三个月"},
		Text:  "我们二十多个工人的工钱没给 拖了三个月。云州昌盛劳务。城关大街安置房工地。十七万",
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
}
