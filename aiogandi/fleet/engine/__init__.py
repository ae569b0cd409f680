"""What delivers items to workers: streaq, which ``engine`` alone knows. It uses the errors, the chores and the redaction
of the client, and no other part of the fleet.
"""
