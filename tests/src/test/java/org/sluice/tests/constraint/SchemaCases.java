package org.sluice.tests.constraint;

import java.util.List;

/** Schemas with documents that are and are not to be let through. */
final class SchemaCases {
    /** @param bad documents that are invalid, or JSON beyond the documented white space and order */
    record Case(String name, String schema, List<String> good, List<String> bad) {
        @Override
        public String toString() {
            return name;
        }
    }

    private SchemaCases() {}

    private static Case of(String name, String schema, List<String> good, List<String> bad) {
        return new Case(name, schema.replace('\'', '"'), quoted(good), quoted(bad));
    }

    /** Single quotes stand for double ones. */
    private static List<String> quoted(List<String> documents) {
        return documents.stream().map(d -> d.replace('\'', '"')).toList();
    }

    static List<Case> all() {
        return List.of(
                of(
                        "person",
                        """
                        {'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer'},
                         'mail':{'type':['string','null'],'format':'email'}},
                         'required':['name','age','mail'],'additionalProperties':false}""",
                        List.of(
                                "{'name':'Zoë \\'Z\\' 😀','age':41,'mail':'z.b@example.org'}",
                                "{'name': '', 'age': -3, 'mail': null}",
                                "{\n  'name': 'a\\u00e9\\ud83d\\ude00\\/',\n  'age': 0,\n  'mail': null\n}"),
                        List.of(
                                "{'age':41,'name':'x','mail':null}",
                                "{'name':'x','age':41}",
                                "{'name':'x','age':4.5,'mail':null}",
                                "{'name':'x','age':041,'mail':null}",
                                "{'name':'\\ud83d','age':1,'mail':null}",
                                "{'name':'\n','age':1,'mail':null}",
                                "{'name':'x','age':1,'mail':'x'}",
                                "{'name':'x','age':1,'mail':null,}",
                                "{ 'name':'x','age':1,'mail':null,'more':1}")),
                of(
                        "optional",
                        """
                        {'type':'object','properties':{'a':{'type':'boolean'},'b':{'type':'null'},'c':{'const':[1,{'x':'y'}]}},
                         'required':['b']}""",
                        List.of("{'b':null}", "{'a':true,'b':null}", "{'b':null,'c':[1, {'x': 'y'}]}"),
                        List.of(
                                "{}",
                                "{'a':true}",
                                "{'a':true,'a':true,'b':null}",
                                "{,'b':null}",
                                "{'c':[1,{'x':'y'}]}")),
                of(
                        "all optional",
                        "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'integer'}}}",
                        List.of("{}", "{'a':1}", "{'b':2}", "{'a':1,'b':2}"),
                        List.of("{'b':1,'a':2}", "{ }", "{,}", "[]")),
                of(
                        "tree",
                        """
                        {'$ref':'#/$defs/node','$defs':{'node':{'type':'object','properties':{'value':{'type':'number'},
                         'children':{'type':'array','items':{'$ref':'#/$defs/node'}}},'required':['value','children'],
                         'additionalProperties':false}}}""",
                        List.of(
                                "{'value':1.5,'children':[]}",
                                "{'value':-0.25e-3,'children':[{'value':2,'children':[{'value':3,'children':[]}]},{'value':0,'children':[]}]}"),
                        List.of(
                                "{'value':1.,'children':[]}",
                                "{'value':1,'children':[1]}",
                                "{'value':.5,'children':[]}")),
                of(
                        "linked list",
                        """
                        {'type':'object','properties':{'next':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},'required':['next']}""",
                        List.of("{'next':null}", "{'next':{'next':{'next':null}}}"),
                        List.of("{'next':{}}", "{'next':{'next':null}")),
                of(
                        "expression",
                        """
                        {'$defs':{'e':{'anyOf':[{'$ref':'#/$defs/sum'},{'$ref':'#/$defs/product'},{'type':'integer'}]},
                         'sum':{'type':'object','properties':{'left':{'$ref':'#/$defs/e'},'op':{'const':'+'},'right':{'$ref':'#/$defs/e'}},
                          'required':['left','op','right']},
                         'product':{'type':'object','properties':{'left':{'$ref':'#/$defs/e'},'op':{'const':'*'},'right':{'$ref':'#/$defs/e'}},
                          'required':['left','op','right']}},'$ref':'#/$defs/e'}""",
                        List.of(
                                "7",
                                "{'left':{'left':1,'op':'*','right':2},'op':'+','right':3}",
                                "{'left':{'left':{'left':{'left':1,'op':'+','right':1},'op':'*','right':1},'op':'+','right':1},'op':'*','right':1}"),
                        List.of("{'left':1,'op':'-','right':2}", "{'left':1,'op':'+'}")),
                of(
                        "nested anyOf",
                        """
                        {'anyOf':[{'type':'object','properties':{'kind':{'const':'a'},'v':{'anyOf':[{'type':'string','maxLength':2},
                         {'type':'array','items':{'anyOf':[{'type':'integer'},{'type':'boolean'},{'anyOf':[{'type':'null'}]}]},'maxItems':2}]}},
                         'required':['kind','v']},
                         {'type':'object','properties':{'kind':{'enum':['ab','b']},'v':{'type':'boolean'}},'required':['kind','v']}]}""",
                        List.of(
                                "{'kind':'a','v':'xy'}",
                                "{'kind':'a','v':[1,null]}",
                                "{'kind':'ab','v':true}",
                                "{'kind':'b','v':false}",
                                "{'kind':'a','v':''}"),
                        List.of(
                                "{'kind':'ab','v':'xy'}",
                                "{'kind':'a','v':true}",
                                "{'kind':'a','v':'xyz'}",
                                "{'kind':'a','v':[1,2,3]}")),
                of(
                        "enum",
                        "{'enum':['red','redder','rédder','', 'a\\'b\\\\c\\n',1,-2.5,true,null,{'k':[]},['x',1]]}",
                        List.of(
                                "'red'",
                                "'redder'",
                                "'rédder'",
                                "''",
                                "'a\\'b\\\\c\\n'",
                                "1",
                                "-2.5",
                                "true",
                                "null",
                                "{'k':[]}",
                                "['x', 1]"),
                        List.of("'redd'", "2", "false", "{}", "['x']", "'a'")),
                of(
                        "arrays",
                        "{'type':'array','items':{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2},'minItems':2,'maxItems':3}",
                        List.of("[[1],[2,3]]", "[[1], [2], [3, 4]]", "[\n  [\n    1\n  ],\n  [\n    2\n  ]\n]"),
                        List.of("[]", "[[1]]", "[[1],[]]", "[[1],[1,2,3]]", "[[1],[2],[3],[4]]")),
                of(
                        "exact array",
                        "{'type':'array','items':{'type':'boolean'},'minItems':3,'maxItems':3}",
                        List.of("[true,false,true]"),
                        List.of("[true,false]", "[true,true,true,true]")),
                of(
                        "empty array",
                        "{'type':'array','items':{'type':'boolean'},'maxItems':0}",
                        List.of("[]"),
                        List.of("[true]", "[ ]")),
                of(
                        "lengths",
                        "{'type':'object','properties':{'a':{'type':'string','minLength':2,'maxLength':4},'b':{'type':'string','minLength':3}},'required':['a','b']}",
                        List.of(
                                "{'a':'😀é','b':'abc'}",
                                "{'a':'\\n\\u0041\\ud83d\\ude00x','b':'abcdefghijklmnopqrstuvwxyz'}"),
                        List.of("{'a':'x','b':'abc'}", "{'a':'xxxxx','b':'abc'}", "{'a':'xx','b':'ab'}")),
                of(
                        "long string",
                        "{'type':'string','minLength':300,'maxLength':700}",
                        List.of("'" + "ab😀".repeat(100) + "'", "'" + "x".repeat(700) + "'"),
                        List.of("'" + "x".repeat(299) + "'", "'" + "x".repeat(701) + "'")),
                of(
                        "pattern",
                        "{'type':'object','properties':{'id':{'type':'string','pattern':'^[A-Z]{2}-\\\\d{3,5}$'},'free':{'type':'string','pattern':'b+c'}},'required':['id','free']}",
                        List.of("{'id':'AB-123','free':'xxbbcy'}", "{'id':'ZZ-00000','free':'bc'}"),
                        List.of(
                                "{'id':'AB-12','free':'bc'}",
                                "{'id':'AB-123456','free':'bc'}",
                                "{'id':'AB-123','free':'bb'}")),
                of(
                        "pattern with escapes",
                        "{'type':'string','pattern':'^[\\'\\\\\\\\\\\\n\\\\x01é日]+$'}",
                        List.of("'\\''", "'\\\\\\n\\u0001é日'"),
                        List.of("''", "'x'", "'\\t'")),
                of(
                        "pattern and length",
                        "{'type':'string','pattern':'^(ab)+c?$','minLength':4,'maxLength':7}",
                        List.of("'abab'", "'ababab'", "'abababc'"),
                        List.of("'ab'", "'abc'", "'abababab'", "'ababababc'")),
                of(
                        "unicode pattern",
                        "{'type':'string','pattern':'^\\\\p{L}+( \\\\p{Lu}\\\\p{Ll}*)?$','maxLength':12}",
                        List.of("'Ångström'", "'日本 Éa'", "'x'"),
                        List.of("'x1'", "'x e'", "' '")),
                of(
                        "formats",
                        """
                        {'type':'object','properties':{'dt':{'type':'string','format':'date-time'},'d':{'type':'string','format':'date'},
                         't':{'type':'string','format':'time'},'p':{'type':'string','format':'duration'},'m':{'type':'string','format':'email'},
                         'h':{'type':'string','format':'hostname'},'v4':{'type':'string','format':'ipv4'},'v6':{'type':'string','format':'ipv6'},
                         'u':{'type':'string','format':'uuid'}},'required':['dt','d','t','p','m','h','v4','v6','u']}""",
                        List.of(
                                "{'dt':'2024-02-29T23:59:59.123Z','d':'2023-12-31','t':'08:30:00+02:00','p':'P3DT4H5M','m':'a.b@c-d.org','h':'api.example.com','v4':'192.168.0.1','v6':'2001:db8::1','u':'123e4567-e89b-12d3-a456-426614174000'}",
                                "{'dt':'1999-01-01T00:00:00-11:30','d':'2000-02-29','t':'23:59:59Z','p':'P2W','m':'x@y.de','h':'localhost','v4':'0.0.0.0','v6':'::','u':'00000000-0000-0000-0000-000000000000'}"),
                        List.of(
                                "{'dt':'2023-02-29T23:59:59Z'",
                                "{'dt':'2024-13-01T00:00:00Z'",
                                "{'dt':'2024-01-01 00:00:00'")),
                of(
                        "integers in bounds",
                        "{'type':'array','items':{'type':'integer','minimum':-12,'exclusiveMaximum':105}}",
                        List.of("[-12,0,7,99,100,104]", "[-1,-9,-10,10]"),
                        List.of("[-13]", "[105]", "[200]", "[-20]", "[1.0]", "[007]", "[-0]")),
                of(
                        "numbers in bounds",
                        "{'type':'array','items':{'type':'number','exclusiveMinimum':-0.5,'maximum':12.25}}",
                        List.of("[-0.49,0,0.0,12.25,12.250,12.2499,12,3.75]"),
                        List.of("[-0.5]", "[-0.50]", "[-0.51]", "[12.26]", "[12.2501]", "[13]", "[1e1]")),
                of(
                        "one sided",
                        "{'type':'object','properties':{'a':{'type':'integer','minimum':1000},'b':{'type':'number','exclusiveMaximum':-0.01}},'required':['a','b']}",
                        List.of("{'a':1000,'b':-0.02}", "{'a':123456789012345678,'b':-99999}"),
                        List.of("{'a':999,'b':-1}", "{'a':1000,'b':-0.01}", "{'a':1000,'b':0}")),
                of(
                        "multiples",
                        "{'type':'object','properties':{'a':{'type':'integer','multipleOf':7,'minimum':-30,'maximum':1000},'b':{'type':'number','multipleOf':0.25},'c':{'type':'integer','multipleOf':100}},'required':['a','b','c']}",
                        List.of("{'a':-28,'b':0.25,'c':100}", "{'a':994,'b':-17.5,'c':-1200}", "{'a':0,'b':3,'c':0}"),
                        List.of(
                                "{'a':1,'b':0,'c':0}",
                                "{'a':1001,'b':0,'c':0}",
                                "{'a':7,'b':0.3,'c':0}",
                                "{'a':7,'b':0,'c':150}")),
                of(
                        "dictionary",
                        "{'type':'object','properties':{'id':{'type':'integer'},'idea':{'type':'integer'}},'required':['id'],'additionalProperties':{'type':'boolean'}}",
                        List.of(
                                "{'id':1}",
                                "{'id':1,'ide':true,'idé':false,'':true}",
                                "{'id':1,'idea':2,'ideas':true}"),
                        List.of("{'id':1,'x':1}", "{'x':true}", "{'id':1,'id':true}", "{'id':1,'x':true,'idea':true}")),
                of(
                        "any",
                        "{'type':'object','properties':{'x':{},'y':{'type':'object','additionalProperties':true},'z':true},'required':['x','y','z']}",
                        List.of("{'x':[1,'a',{'b':null}],'y':{'q':{'r':[]}},'z':false}", "{'x':{},'y':{},'z':-1e5}"),
                        List.of("{'x':1,'y':[],'z':1}")),
                of(
                        "strange names",
                        "{'type':'object','properties':{'a b':{'type':'integer'},'ü\\n':{'type':'integer'},'\\'q\\'':{'type':'integer'},'':{'type':'integer'}},'required':['a b','ü\\n','\\'q\\'','']}",
                        List.of("{'a b':1,'ü\\n':2,'\\'q\\'':3,'':4}"),
                        List.of("{'a':1}")),
                of(
                        "big enum",
                        bigEnum(),
                        List.of("'value 0 é'", "'value 4999 é'"),
                        List.of("'value 5000 é'", "'value 4999 '")),
                of(
                        "dead branches",
                        "{'anyOf':[{'type':'object','properties':{'x':false},'required':['x']},{'type':'object','properties':{'x':{'type':'integer'},'never':false},'required':['x']}]}",
                        List.of("{'x':1}"),
                        List.of("{}", "{'x':1,'never':1}")),
                of(
                        "typed enum",
                        "{'type':['string','null'],'enum':['a',1,null],'description':'d','title':'t','default':null}",
                        List.of("'a'", "null"),
                        List.of("1")));
    }

    private static String bigEnum() {
        StringBuilder b = new StringBuilder("{'enum':[");
        for (int i = 0; i < 5000; i++) {
            b.append(i == 0 ? "" : ",").append("'value ").append(i).append(" é'");
        }
        return b.append("]}").toString();
    }
}
