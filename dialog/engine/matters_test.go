package engine_test

import "testing"

func TestQuestions(t *testing.T) {
	check(t, []rule{
		{name: "are answered", turns: []string{"地铁几点开到几点"}, wants: []string{"answer kb.metro.time", "say 地铁早上六点首班"}},
		{name: "in writing, in the written words", chat: true, turns: []string{"地铁几点开到几点"}, wants: []string{"answer kb.metro.time"}},
		{name: "that lean on the one before are understood with it", turns: []string{"2026年小学报名是几号来着", "那明年的呢"}, wants: []string{"in_context kb.xq.2026sum", "offer ticket+agent+none"}},
		{name: "that name another subject are not", turns: []string{"地铁几点开到几点", "那身份证丢了怎么补办"}, wants: []string{"answer kb.id.lost", "no in_context"}},
		{name: "about what has expired say so", turns: []string{"2026年小学报名是几号来着"}, wants: []string{"kb_hit kb.xq.2026sum expired", "no_hallucinate"}},
		{name: "that nobody has an answer to are offered to people", turns: []string{"老城墙遗址什么时候对外开放"}, wants: []string{"no_answer", "no_hallucinate", "offer ticket+agent+none"}},
		{name: "and filed", turns: []string{"老城墙遗址什么时候对外开放", "登记下来"}, wants: []string{"file new"}},
		{name: "or given to people", turns: []string{"老城墙遗址什么时候对外开放", "人工"}, wants: []string{"handover general user_request"}},
		{name: "or left", turns: []string{"老城墙遗址什么时候对外开放", "不用了"}, wants: []string{"choice none", "say 还有什么可以帮您"}},
		{name: "of a tenant the model does not know are taken for the likeliest", pack: "maker", turns: []string{"帮我看看我订的车什么时候交车"}, wants: []string{"ask vin"}},
		{name: "or by going on with it", pack: "maker", turns: []string{"帮我看看我订的车什么时候交车", "L0ZA2B1CXN5000123"}, wants: []string{"slot vin", "lookup vin", "readback vin"}},
		{name: "or left for another", pack: "maker", turns: []string{"帮我看看我订的车什么时候交车", "质保几年"}, wants: []string{"answer mk.warranty"}},
	})
}

func TestMattersBesideEachOther(t *testing.T) {
	two := "碧桃苑门口路灯不亮 另外那儿垃圾也没人清"
	check(t, []rule{
		{name: "two in a breath", turns: []string{two}, wants: []string{"multi_intent urban.lighting+urban.sanitation", "confirm address"}},
		{name: "the second is offered after the first", turns: []string{two, "对", "可以"}, wants: []string{"file update", "offer pending", "say 您刚才还说到"}},
		{name: "and filed for the same place", turns: []string{two, "对", "可以", "嗯"}, wants: []string{"file new", "no ask address"}},
		{name: "unless it is not wanted", turns: []string{two, "对", "可以", "不用了"}, wants: []string{"no file"}},
		{name: "thanks after something was done is goodbye", turns: []string{"地铁几点开到几点", "谢谢"}, wants: []string{"close normal", "hangup"}},
		{name: "thanks before is not", turns: []string{"谢谢"}, wants: []string{"say 您好，我在听", "no hangup"}},
		{name: "what is not ours is said so", turns: []string{"帮我预测一下今年冬天冷不冷到零下二十"}, wants: []string{"say 抱歉，这件事不在12345受理范围内"}},
		{name: "praise asks for nothing it need not", turns: []string{"我要表扬公交司机师傅捡到钱包还给我"}, wants: []string{"no ask address"}},
	})
}

func TestFollowingUp(t *testing.T) {
	check(t, []rule{
		{name: "is looked up before it is read back", turns: []string{"催一下261020000319"}, wants: []string{"lookup ticket", "readback ticket"}},
		{name: "and done", turns: []string{"催一下261020000319", "对"}, wants: []string{"say 这张工单现在是正在办理", "file urge 261020000319", "no say 您是要催办"}},
		{name: "a corrected number is looked up again", turns: []string{"催一下261020000319", "不对 是261119000428"}, wants: []string{"correct ticket 261020000319 261119000428", "readback ticket"}},
		{name: "asking only how it stands changes nothing", turns: []string{"查一下261020000319办得怎么样了", "对"}, wants: []string{"say 这张工单现在是正在办理", "no file"}},
		{name: "the order just filed needs no number", turns: []string{lamp, "望岭大道二十六号 西岭区", "可以", "刚才那个单子我再催一下"}, wants: []string{"no ask ticket"}},
	})
}
