/** Facts: passwords of at least 8 characters that stand high in published lists of common ones, in lower case. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
    00001111 01011980 01011990 01012000 0123456789 0987654321 101010101 1029384756 11112222 111222333 11223344
    1122334455 112233445566 12121212 123123123 123321123 12341234 123412345 12344321 123454321 1234554321 123456123
    12345678 123456789 1234567890 12345678910 123456789a 123456789q 123456789z 12345678a 12345679 1234567a 1234567q
    123456aa 123456abc 123456qwerty 12345qwert 1234qwer 123qweasd 123qweasdzxc 13131313 13579246 135792468 147258369
    147852369 159357456 159753456 19871987 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20002000
    20202020 24681012 246813579 27182818 31415926 314159265 321654987 456123789 5201314a 741852963 789456123
    87654321 963852741 987654321 9876543210 987654321a a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5 aa123456
    aa12345678 aaa123456 abc12345 abc123456 abc123abc abcd1234 abcd12345 abcdef12 abcdef123 abcdefgh abcdefghi
    abcdefghij admin123 admin1234 admin12345 admin123456 adminadmin administrator alejandra alejandro alexander
    alexander1 alexandra alexandra1 america1 andrew12 angel123 angels12 arsenal1 arsenal123 as123456 asd12345
    asdasdasd asdf1234 asdfasdf asdfghjk asdfghjkl asdfqwer ashley12 asshole1 australia autumn2025 bailey12 banana12
    banana123 barcelona barcelona1 baseball baseball1 basketball batman123 benjamin blessed1 blink182 brasil123
    bullshit business buster12 butterfly butterfly1 canada12 changeme changeme1 changeme123 charlie1 charlie123
    cheese12 chelsea1 chocolate chocolate1 christian christina christopher cinderella cisco123 computer computer1
    computer123 cookie12 cookie123 correcthorsebatterystaple corvette cowboys1 daniel12 december1 default1 docker12
    dollar12 dolphin1 dolphins dragon12 dragon123 elephant elephant1 elizabeth elizabeth1 eminem12 england1 facebook
    facebook1 facebook123 february1 fernando ferrari1 fishing1 flower12 flower123 football football1 football123
    france12 francisco freedom1 freedom123 friday13 fuckyou! fuckyou1 fuckyou123 gabriela garfield gateway1 germany1
    gfhjkm123 gfhjkmgfhjkm ghbdtn123 ginger12 github123 godisgood godzilla1 golfer12 google123 guadalupe guest123
    guest1234 harley12 heaven12 hellokitty hockey12 hunter12 hunter123 iloveyou iloveyou! iloveyou1 iloveyou123
    iloveyou2 internet internet1 isabella january1 jennifer jennifer1 jessica1 jesus123 jesus777 jesuschrist
    jonathan jordan23 juventus1 kafka123 killer12 killer123 lakers24 letmein! letmein1 letmein123 letmeinplease
    linkedin linkedin1 linkinpark linux123 liverpool liverpool1 lovelove loveme123 loveyou1 maggie12 manchester
    marlboro master12 master123 matrix12 maverick mercedes mercedes1 metallica mexico12 michael1 michael123 michelle
    michelle1 microsoft midnight midnight1 mnbvcxz1 monday12 money123 monkey12 monkey123 mustang1 mypassword
    mysql123 newpassword nicholas nicholas1 nirvana1 november1 opensesame oracle12 orange12 orange123 p@$$w0rd
    p@ssw0rd p@ssw0rd1 p@ssword pa$$w0rd pa$$word passw0rd password password! password01 password1 password1!
    password12 password123 password1234 password12345 password123456 password2 password2020 password2021
    password2022 password2023 password2024 password2025 password2026 passwords patricia pepper12 phoenix1 poiuytrewq
    pokemon1 pokemon123 porsche1 postgres postgres1 prayer12 princess princess1 princess123 pumpkin1 purple12
    purple123 q1234567 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qaz12345 qazwsxedc qazwsxedcrfv qq123456 qweasd123 qweasdzxc
    qweqweqwe qwer1234 qwer12345 qwert123 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyui
    qwertyuiop qwertyuiop123 rabbitmq rainbow1 ranger12 realmadrid redsox12 rhfcjnrf rockstar rockyou1 root1234
    rootroot samantha samantha1 samsung1 samsung123 scooby12 secret123 secret1234 shadow12 shadow123 slipknot
    snoopy12 soccer12 soccer123 softball1 sparky12 spiderman spiderman1 spring2025 starlight starwars starwars1
    steelers stephanie summer12 summer123 summer2024 summer2025 sunshine sunshine1 superman superman1 superman123
    supersecret test1234 test12345 testing1 testing123 testtest thomas12 tigger12 tinkerbell toor1234 trustno1
    ubuntu12 user1234 useruser valentina veronica vestnik1 vestnik123 vfhbyf123 vfksirf1 victoria victoria1 welcome!
    welcome1 welcome12 welcome123 welcome1234 welcome2024 welcome2025 whatever whatever1 whatever123 windows1
    winter12 winter123 winter2024 winter2025 woaini1314 woaini520 yamaha123 yankees1 yfnfif123 ytrewq123 zaq12wsx
    zaq1zaq1 zxc12345 zxcvasdf zxcvbnm, zxcvbnm1 zxcvbnm123 zxczxczxc йцукен123 йцукен12345 йцукенгш йцукенгшщз
    любовь123 наташа123 пароль123 пароль1234 парольпароль привет123
  `
    .trim()
    .split(/\s+/),
)
