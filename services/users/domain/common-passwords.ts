/** Passwords that many people have, of at least 8 characters, in lower case: those of a published list, and some that it lacks. */
import { dictionary } from '@zxcvbn-ts/language-common'

const more = `
    00001111 0123456789 0987654321 101010101 12121212 123123123 12341234 123412345 13131313 19871987 20002000 20202020
    27182818 5201314a 87654321 987654321 9876543210 aa12345678 abcdefgh abcdefghi abcdefghij admin1234 admin12345
    admin123456 adminadmin angels12 asdasdasd autumn2025 banana123 barcelona1 brasil123 changeme123 computer123
    correcthorsebatterystaple docker12 dollar12 facebook1 facebook123 february1 flower123 france12 freedom123
    github123 godzilla1 guest123 guest1234 heaven12 juventus1 kafka123 letmein! letmeinplease linkedin linkedin1
    linux123 loveme123 mexico12 mysql123 oracle12 orange123 p@$$w0rd p@ssw0rd1 p@ssword pa$$word password1!
    password12345 password123456 password2020 password2021 password2022 password2023 password2024 password2025
    password2026 poiuytrewq postgres postgres1 prayer12 princess123 purple123 qweqweqwe rabbitmq rockyou1 root1234
    rootroot secret1234 spring2025 summer123 summer2024 summer2025 supersecret test12345 toor1234 ubuntu12 user1234
    useruser vestnik1 vestnik123 vfhbyf123 vfksirf1 welcome! welcome1234 welcome2024 welcome2025 whatever123 winter123
    winter2024 winter2025 woaini1314 woaini520 yamaha123 yfnfif123 ytrewq123 zaq1zaq1 zxcvbnm, zxczxczxc йцукен123
    йцукен12345 йцукенгш йцукенгшщз любовь123 наташа123 пароль123 пароль1234 парольпароль привет123
`

export const commonPasswords: ReadonlySet<string> = new Set(
  [...dictionary['passwords-common'], ...more.trim().split(/\s+/)]
    .map((password) => password.toLowerCase())
    .filter((password) => [...password].length >= 8),
)
