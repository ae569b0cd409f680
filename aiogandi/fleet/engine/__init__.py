"""What delivers items to workers: streaq, which ``engine`` alone knows. It uses the errors and the redaction of the
client, and no other part of the fleet.
"""
