"""What people write to the demo company's support and what its employees note, in French, Dutch and English.

Free text names other people now and then, as free text does: that is why a person reads it before it is disclosed.
"""

TOPICS = {
    "fr": (
        "Panne de la fibre",
        "Facture que je ne comprends pas",
        "Déménagement",
        "Décodeur bloqué",
        "Changement d'adresse",
    ),
    "nl": ("Geen internet", "Vraag over mijn factuur", "Verhuizing", "Decoder start niet", "Nieuw adres doorgeven"),
    "en": ("No connection", "Question about my invoice", "Moving house", "Set-top box frozen", "Change of address"),
}

QUESTIONS = {
    "fr": (
        "Bonjour, depuis hier soir plus rien ne fonctionne. Ma voisine, Mme Picquet, a le même souci.",
        "Je ne comprends pas la ligne « Appels internationaux » : je n'ai appelé personne à l'étranger.",
        "Nous déménageons le mois prochain. Que devient notre ligne ? Mon mari est disponible l'après-midi.",
        "Le décodeur reste sur l'écran d'accueil malgré trois redémarrages.",
        "L'été dernier j'ai déjà signalé ce problème… Merci de me rappeler après 18 h.",
    ),
    "nl": (
        "Goedendag, sinds gisteren werkt niets meer. Mijn buur, meneer Claeys, heeft hetzelfde probleem.",
        "Ik begrijp de factuur niet: wat zijn die extra kosten?",
        "We verhuizen volgende maand. Kan de lijn mee naar het nieuwe adres?",
        "De decoder blijft hangen, ook na drie keer herstarten.",
    ),
    "en": (
        "Hello, nothing has worked since last night. My neighbour Mr Allard has the same trouble.",
        "I do not understand the extra charges on my last invoice.",
        "We are moving next month. Can the line move with us?",
        "The set-top box freezes on the welcome screen, even after three restarts.",
    ),
}

ANSWERS = {
    "fr": (
        "Bonjour, un technicien passera jeudi entre 8 h et 12 h.",
        "Nous avons corrigé la facture ; le remboursement arrive sous dix jours.",
        "Merci de votre patience, la panne est résolue.",
    ),
    "nl": (
        "Goedendag, een technicus komt donderdag tussen 8 en 12 uur langs.",
        "We hebben de factuur rechtgezet; het bedrag wordt binnen tien dagen teruggestort.",
    ),
    "en": (
        "Hello, an engineer will call on Thursday between 8 and 12.",
        "We corrected the invoice; you will be refunded within ten days.",
    ),
}

NOTES = (
    "Client poli, rappeler en fin de journée.",
    "A mentionné un geste commercial promis par c.delvaux.",
    "Vérifier la prise au domicile, l'épouse sera présente.",
    "Klant belt opnieuw als het niet opgelost is.",
    "Dossier transmis au niveau 2.",
)

HEALTH = (
    "Assistance respiratoire à domicile, la téléassistance passe par la ligne fixe.",
    "Dialyse à domicile, suivi à distance par la box.",
    "Zuurstofapparaat thuis, alarm via de vaste lijn.",
    "Patient porteur d'un défibrillateur télésurveillé.",
)

INTERACTIONS = (
    "Appel entrant : demande de duplicata de facture.",
    "Souhaite changer d'offre, rappel prévu.",
    "Mécontent du délai d'intervention, geste commercial de 10 €.",
    "Inlichtingen over roaming gegeven.",
    "Signale un appel de démarchage reçu au nom de M. Béraud.",
    "Chat : aide à la configuration de la messagerie.",
)
"""Notes of agents in the customer file."""
